/** Combines outputs and a connection, without knowing any of them by name. Pure. */
import { fixedAddressOf, kindOf, needsOf, nextOfConnection, runtimeOf } from "./connection-answer.ts";
import { connections } from "../connections/index.ts";
import { sameValue } from "../edit/value.ts";
import type { Answers, ConnectionChoice } from "../questions/types.ts";
import type { Demand, Need, Output, Piece, Refusal, Shape, ValuesPiece, WantedFile } from "../vocabulary.ts";
import { outputs } from "../outputs/index.ts";

/** What a person can choose from. */
export function offeredOutputs(): readonly Output[] {
  return outputs.filter(({ inner }) => inner !== true);
}

/** The default outputs: the proposed ones if they support the connection, else others that do. */
export function proposeOutputs(choice: ConnectionChoice | undefined): readonly string[] {
  const needs = choice === undefined ? [] : needsOf(choice);
  const fitting = offeredOutputs().filter((output) => output.joinsItself !== true && lacksOf(output, needs).length === 0);
  const proposed = fitting.filter((output) => output.proposed === true);
  return (proposed.length > 0 ? proposed : fitting.slice(0, 1)).map(({ value }) => value);
}

/** What outputs are made from, for these answers in that shape. */
export function demandOf(answers: Answers, shape: Shape): Demand {
  return { answers, shape, runtime: runtimeOf(answers) };
}

/** The outputs of these answers and the outputs that they require, in the order of the index. */
export function outputsOf(demand: Demand): readonly Output[] {
  const chosen = new Set<Output>();
  const add = (value: string): void => {
    const output = outputs.find((candidate) => candidate.value === value);
    if (output === undefined) throw new Error(`no output ${value}`);
    if (chosen.has(output)) return;
    chosen.add(output);
    output.requires(demand).forEach(add);
  };
  demand.answers.outputs.forEach(add);
  for (const output of outputs) if (output.asked?.(demand.answers) === true) add(output.value);
  return outputs.filter((output) => chosen.has(output));
}

/** Why an output of these answers does not support their connection, and what to choose instead; null if all do. */
export function findMisfit({
  connection: choice,
  outputs: values,
  state,
}: Pick<Answers, "connection" | "outputs" | "state">): Refusal | null {
  const needs = needsOf(choice);
  const keeping = offeredOutputs().filter(({ offers }) => offers.includes("state-volume"));
  if (state === "volume" && !keeping.some(({ value }) => values.includes(value)))
    return {
      why: `sessions cannot be kept on a volume: ${values.join(" and ")} ${values.length === 1 ? "has" : "have"} no volume`,
      fix: `set state to container, or also generate ${keeping.map(({ value }) => value).join(" or ")}`,
    };
  for (const output of offeredOutputs().filter(({ value }) => values.includes(value))) {
    const lacking = lacksOf(output, needs);
    if (lacking.length === 0) continue;
    const others = connections.filter((other) => lacksOf(output, other.needs).length === 0).map(({ value }) => value);
    const carrying = offeredOutputs()
      .filter((other) => other.joinsItself !== true && lacksOf(other, needs).length === 0)
      .map(({ value }) => value);
    const ways = [
      ...(others.length === 0 ? [] : [`use the connection ${others.join(" or ")} for ${output.value}`]),
      ...(carrying.length === 0 ? [] : [`generate ${carrying.join(" or ")} with ${kindOf(choice)}`]),
    ];
    return {
      why: `the output ${output.value} does not support the connection ${kindOf(choice)}: it has no ${lacking.join(", no ")}`,
      fix: ways.length === 0 ? "choose another connection" : ways.join("; or "),
    };
  }
  return null;
}

/** Why an output does not fit these answers; null if all fit. */
export function findRefusal(answers: Answers): Refusal | null {
  for (const output of offeredOutputs()) {
    const refusal = answers.outputs.includes(output.value) ? (output.refuse?.(answers) ?? null) : null;
    if (refusal !== null) return refusal;
  }
  return null;
}

/** Why this configuration does not work in jobs that join the tailnet by themselves; null if it does. */
export function findFixedMisfit(answers: Answers): Refusal | null {
  const fixed = fixedAddressOf(answers);
  const jobs = outputs.filter((output) => output.joinsItself === true && answers.outputs.includes(output.value));
  return answers.managed && jobs.length > 0 && fixed !== answers.url
    ? {
        why: `opencode.managed fixes the address ${fixed} of the connection ${kindOf(answers.connection)}, and nothing listens there in the jobs of ${jobs.map(({ value }) => value).join(" and ")}`,
        fix: "set opencode.managed to false, or choose another connection",
      }
    : null;
}

function lacksOf({ offers, joinsItself }: Output, needs: readonly Need[]): readonly string[] {
  return joinsItself === true ? [] : needs.filter((need) => !offers.includes(need));
}

/** All files to render, sorted by path. */
export function filesOf(demand: Demand): readonly WantedFile[] {
  return sorted(outputsOf(demand).flatMap((output) => output.files(demand)));
}

/** Images that templates of these outputs name, by their names there. */
export function imagesOfOutputs(demand: Demand): readonly (readonly [string, string])[] {
  return outputsOf(demand).flatMap(({ images = {} }) => Object.entries(images));
}

/** The pieces for files with other content, sorted by path; all outputs' values for one file are one piece. */
export function piecesOf(demand: Demand, revision: string): readonly Piece[] {
  const pieces = new Map<string, Piece>();
  for (const piece of outputsOf(demand).flatMap((output) => output.pieces(demand, revision))) {
    const before = pieces.get(piece.path);
    if (before === undefined) pieces.set(piece.path, piece);
    else if (before.strategy === "keys" && piece.strategy === "keys") pieces.set(piece.path, joined(before, piece));
    else throw new Error(`two outputs want ${piece.path}`);
  }
  const over = outputsOf(demand).flatMap((output) => output.over?.(demand, [...filesOf(demand), ...pieces.values()]) ?? []);
  return sorted([...pieces.values(), ...over]);
}

/** Every path that outputs write to, sorted. */
export function wantedPaths(demand: Demand): readonly string[] {
  return [...filesOf(demand), ...piecesOf(demand, "")].map(({ path }) => path).sort();
}

/** The next steps of the chosen outputs; `root` is the repository's path relative to the current folder. */
export function nextOf(demand: Demand, root: string): readonly string[] {
  return [...nextOfConnection(demand.answers), ...outputsOf(demand).flatMap((output) => output.next(demand, root))];
}

function joined(first: ValuesPiece, second: ValuesPiece): ValuesPiece {
  const [values, moves] = [
    [...first.values, ...second.values],
    [...(first.moves ?? []), ...(second.moves ?? [])],
  ];
  // Two dev containers of one Compose file share one sidecar.
  return { ...first, ...second, values: distinct(values), ...(moves.length > 0 && { moves: distinct(moves) }) };
}

function distinct<Item>(items: readonly Item[]): readonly Item[] {
  return items.filter((item, index) => items.findIndex((other) => sameValue(other, item)) === index);
}

function sorted<Item extends { readonly path: string }>(items: readonly Item[]): readonly Item[] {
  return [...items].sort((left, right) => (left.path < right.path ? -1 : 1));
}
