/** Reports the environments of many repositories in one table. Writes nothing. */
import { endingsOf } from "../../catalog/compact.ts";
import { formatPlace, type Place } from "../../errors.ts";
import { fails, isRefused } from "../../plan/check.ts";
import { questionOf } from "../../questions/table.ts";
import {
  csvHeader,
  formatCsv,
  formatEnds,
  formatNext,
  formatOverviews,
  type Environment,
  type Overview,
} from "../../report/overview.ts";
import { findCwd, findTarget, type Target } from "../../repo/scan.ts";
import { shown } from "../../text/terminal.ts";
import type { Command } from "../args.ts";
import { paintFor, type Io } from "../io.ts";
import { checkRepository } from "./check.ts";
import { visitAll, type Visit } from "./fleet.ts";

type ReportCommand = Extract<Command, { kind: "report" }>;

/** Runs it and gives the exit status: 0, or the worst of the folders that could not be read. Findings do not fail it. */
export async function runReport({ directories, switches, csv }: ReportCommand, io: Io): Promise<number> {
  const cwd = findCwd(io.cwd, switches.cwd);
  const named = directories.length > 0 ? directories : [findTarget(cwd, null).root];
  const overviews: Overview[] = [];
  if (csv) io.stdout.write(csvHeader);
  const each = (directory: string, { status, json }: Visit): void => {
    const { has, why, error } = json as { has?: Environment; why?: string; error?: { message: string; where?: Place } };
    const at = error?.where === undefined ? "" : `${formatPlace(error.where)}: `;
    const said = why ?? (error && `${at}${error.message}`);
    const overview = { directory, status, ...(has && { has }), ...(said !== undefined && { why: said }) };
    if (csv) io.stdout.write(formatCsv(overview));
    else overviews.push(overview);
  };
  const end = (total: string): void => {
    if (csv) return;
    io.stdout.write(formatOverviews(overviews, io.columns, paintFor(io)));
    io.stdout.write(shown`\n${formatEnds(overviews)}${formatNext(overviews)}${total}\n`);
  };
  const how = { json: switches.json, cwd, ...(!switches.json && { print: { each, end } }) };
  return visitAll(named, how, io, (target) => overviewOf(target, io));
}

async function overviewOf(target: Target, io: Io): Promise<Visit> {
  const { observations, findings, known } = await checkRepository(target, { outdated: false, strict: false }, io);
  const failing = observations.filter(fails);
  const drift = failing.filter(({ state }) => state !== "refused").map(({ path }) => path);
  const past = [
    ...failing.filter(({ state }) => state === "refused").map(({ path, where }) => (where ? formatPlace(where) : path)),
    ...findings.filter((finding) => isRefused(finding, true)).map(({ where }) => formatPlace(where)),
  ];
  const status = drift.length > 0 ? "drift" : "fine";
  if (known === null)
    return { status, exit: 0, text: "", json: { why: observations.map(({ path, message }) => `${path} ${message}`).join("; ") } };
  const { lock, answers } = known;
  const has: Environment = {
    generator: lock.generator,
    opencode: lock.opencode.version,
    url: answers.url,
    connection: questionOf("connection").format(answers.connection),
    providers: answers.providers.map(({ id }) => id),
    model: answers.model,
    small_model: answers.smallModel,
    ends: endingsOf(answers).map(({ provider, model, ends, replacement }) => ({
      model: `${provider}/${model}`,
      on: ends,
      replacement: replacement === null ? null : `${provider}/${replacement}`,
    })),
    bypasses: [...new Set(past)],
    drift: [...new Set(drift)],
  };
  return { status, exit: 0, text: "", json: { root: target.root, has } };
}
