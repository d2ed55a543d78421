/**
 * Manifests for a cluster, judged without one: names and fields as Kubernetes' API wants them (kubernetes.io/docs/reference/kubernetes-api), the
 * profile restricted (kubernetes.io/docs/concepts/security/pod-security-standards), and what an agent must not get.
 */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { pinnedRelease } from "../../src/catalog/release.ts";
import { findRefusal } from "../../src/parts/compose.ts";
import { egressOf } from "../../src/parts/egress.ts";
import type { Answers } from "../../src/questions/types.ts";
import { renderEnvironment } from "../../src/render/render.ts";
import type { Shape } from "../../src/vocabulary.ts";
import { plainAnswers } from "../support/answers.ts";
import { catalogue } from "../support/catalogue.ts";

const folder = ".kubernetes/aperture-env/";
const asked: Answers = { ...plainAnswers, fqdn: "ai.example.ts.net", outputs: ["kubernetes"] };

/** The texts of the folder, by name. */
function render(answers: Partial<Answers> = {}, shape: Shape = { kind: "own" }): Readonly<Record<string, string>> {
  const environment = { answers: { ...asked, ...answers }, shape, release: pinnedRelease, registry: "", doctor: "", catalogue };
  const { files } = renderEnvironment(environment);
  return Object.fromEntries(
    files.filter(({ path }) => path.startsWith(folder)).map(({ path, text }) => [path.slice(folder.length), text]),
  );
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
  readonly command: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: unknown;
  readonly resources: { readonly requests: Readonly<Record<string, string>>; readonly limits: Readonly<Record<string, string>> };
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPath?: string;
    readonly readOnly?: boolean;
  }[];
}
interface Pod {
  readonly restartPolicy: string;
  readonly activeDeadlineSeconds: number;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: unknown;
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[];
}
interface Job {
  readonly completions?: number;
  readonly completionMode?: string;
  readonly maxFailedIndexes?: number;
  readonly backoffLimit?: number;
  readonly backoffLimitPerIndex?: number;
  readonly activeDeadlineSeconds: number;
  readonly ttlSecondsAfterFinished: number;
  readonly podFailurePolicy: {
    readonly rules: readonly { readonly action: string; readonly onExitCodes?: { readonly values: readonly number[] } }[];
  };
  readonly template: { readonly spec: Pod };
}
interface CronJob {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly suspend: boolean; readonly jobTemplate: { readonly spec: Job } };
}

const read = (text: string): readonly unknown[] => parseAllDocuments(text).map((document) => document.toJS() as unknown);
const readCron = (text: string): CronJob => read(text)[0] as CronJob;
const bytes = (size: string): number =>
  Number(/^\d+/.exec(size)![0]) * ({ Mi: 2 ** 20, Gi: 2 ** 30 } as Readonly<Record<string, number>>)[size.replace(/^\d+/, "")]!;

const files = render({ attribution: ["job", "cost-center=$COST_CENTER"] });
const crons = ["cronjob.yaml", "fleet.yaml"].map((name) => [name, readCron(files[name]!)] as const);

describe.each(crons)("%s", (_name, cron) => {
  const job = cron.spec.jobTemplate.spec;
  const pod = job.template.spec;
  const all = [...pod.initContainers, ...pod.containers];
  const named = (name: string): Container => all.find((container) => container.name === name)!;

  test("is a CronJob that starts nothing by itself", () => {
    expect([cron.apiVersion, cron.kind, cron.spec.suspend]).toEqual(["batch/v1", "CronJob", true]);
  });

  test("names are those of RFC 1123, and short enough for what is made from them", () => {
    const names = [cron.metadata.name, ...all.map(({ name }) => name), ...pod.volumes.map(({ name }) => name)];
    for (const name of names) expect(name).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?$/);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  test("the pod keeps to the profile restricted", () => {
    expect(pod.securityContext).toEqual({
      runAsUser: 64198,
      runAsGroup: 64198,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const { securityContext } of all)
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    for (const { name: _name, ...kind } of pod.volumes)
      expect(["configMap", "emptyDir", "secret"]).toContain(Object.keys(kind)[0]);
  });

  test("it ends in time, and only failures that may be temporary are retried", () => {
    expect(pod.restartPolicy).toBe("Never");
    expect(pod.activeDeadlineSeconds).toBeLessThan(job.activeDeadlineSeconds);
    expect(job.ttlSecondsAfterFinished).toBeGreaterThan(0);
    const { rules } = job.podFailurePolicy;
    const indexed = job.completionMode === "Indexed";
    expect(rules.map(({ action }) => action)).toEqual(indexed ? ["Ignore", "FailIndex"] : ["Ignore"]);
    expect([job.backoffLimit, job.backoffLimitPerIndex]).toEqual(indexed ? [undefined, 1] : [0, undefined]);
    if (indexed) expect(job.maxFailedIndexes).toBeLessThanOrEqual(job.completions!);
    // Every status that the script ends with, in the order that the API wants.
    const statuses = new Set([...files["job.sh"]!.matchAll(/fail (\d+)/g)].map(([, status]) => Number(status)));
    statuses.delete(137);
    for (const { onExitCodes } of rules)
      if (onExitCodes !== undefined)
        expect(onExitCodes.values).toEqual([...new Set([...statuses, 1, 2])].sort((left, right) => left - right));
  });

  test("only the container that clones gets the login, and none a token of the cluster", () => {
    expect(pod.automountServiceAccountToken).toBe(false);
    const secrets = pod.volumes.filter(({ secret }) => secret !== undefined).map(({ name }) => name);
    expect(
      all.filter(({ volumeMounts }) => volumeMounts.some(({ name }) => secrets.includes(name))).map(({ name }) => name),
    ).toEqual(["clone"]);
  });

  test("git's own folder is read-only for the agent, and everything is read-only for the container that makes the patch", () => {
    const mounts = named("opencode").volumeMounts;
    expect(mounts.find(({ mountPath }) => mountPath === "/workspace/.git")).toMatchObject({
      readOnly: true,
      subPath: "repository/.git",
    });
    expect(named("changes").restartPolicy).toBe("Always");
    expect(
      named("changes")
        .volumeMounts.filter(({ readOnly }) => readOnly !== true)
        .map(({ name }) => name),
    ).toEqual(["patch"]);
    expect(mounts.map(({ name }) => name)).not.toContain("patch");
  });

  test("what is mounted is there, limits are no less than requests, no variable is there twice", () => {
    const volumes = pod.volumes.map(({ name }) => name);
    const used = all.flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name));
    expect([...new Set(used)].sort()).toEqual([...volumes].sort());
    for (const { resources, env = [] } of all) {
      expect(bytes(resources.limits["memory"]!)).toBeGreaterThanOrEqual(bytes(resources.requests["memory"]!));
      expect(new Set(env.map(({ name }) => name)).size).toBe(env.length);
    }
  });

  test("every container runs a word of the script, in the one image that kustomization.yaml names", () => {
    expect(new Set(all.map(({ image }) => image))).toEqual(new Set(["aperture-env"]));
    for (const { name, command } of all) expect(command).toEqual(["sh", "/job/job.sh", name === "opencode" ? "prompt" : name]);
  });

  test("nothing of a login in an address is said, also where its password has an @", () => {
    const hide = /^hide\(\) .*$/m.exec(files["job.sh"]!)![0];
    const said =
      "git cannot clone http://ci:one@two@forge.example:80/team/a.git: see https://forge.example/help or ask me@forge.example";
    expect(execFileSync("sh", ["-c", `${hide}\nhide`], { input: said, encoding: "utf8" })).toBe(said.replace("ci:one@two@", ""));
  });

  test("variables for the gateway's log are there to be filled in", () => {
    expect(named("opencode").env).toContainEqual({ name: "COST_CENTER", value: "" });
  });
});

describe("kustomization.yaml", () => {
  const [kustomization] = read(files["kustomization.yaml"]!) as [
    {
      readonly resources: readonly string[];
      readonly images: readonly { readonly name: string; readonly newTag: string }[];
      readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
      readonly replacements: readonly {
        readonly source: { readonly name: string };
        readonly targets: readonly { readonly fieldPaths: readonly string[] }[];
      }[];
    },
  ];

  test("names every file but itself and what is applied once", () => {
    const named = [...kustomization.resources, ...kustomization.configMapGenerator.flatMap((each) => each.files)];
    expect([...named, "kustomization.yaml", "namespace.yaml"].sort()).toEqual(Object.keys(files).sort());
  });

  test("what it replaces is there", () => {
    const [{ source, targets }] = kustomization.replacements as [(typeof kustomization.replacements)[number]];
    expect(source.name).toBe("opencode-fleet");
    expect(targets[0]!.fieldPaths[0]).toMatch(/initContainers\.\[name=clone\]\.env\.\[name=COMPLETIONS\]\.value$/);
    const clone = crons[1]![1].spec.jobTemplate.spec.template.spec.initContainers[0]!;
    expect([clone.name, clone.env!.map(({ name }) => name)]).toEqual(["clone", ["REPOSITORY", "COMPLETIONS"]]);
  });

  test("the image for jobs is the target ci, and the dev container's where the environment is one of the user's", () => {
    expect(kustomization.images).toEqual([{ name: "aperture-env", newName: expect.any(String), newTag: "ci" }]);
    const feature = render({}, { kind: "feature", files: [".devcontainer/devcontainer.json"] });
    expect(feature["kustomization.yaml"]).toContain("newTag: dev");
  });
});

describe("the way to the gateway", () => {
  const service = (answers: Partial<Answers>): unknown => {
    const [namespace, found] = read(render(answers)["namespace.yaml"]!);
    expect(namespace).toMatchObject({
      kind: "Namespace",
      metadata: { name: "opencode", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    return found;
  };

  test("a Service with the gateway's short name, which Tailscale's operator connects", () => {
    expect(service({})).toEqual({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "ai", namespace: "opencode", annotations: { "tailscale.com/tailnet-fqdn": "ai.example.ts.net" } },
      spec: { type: "ExternalName", externalName: "placeholder" },
    });
  });

  test("the operator's proxy bears the spec's tags", () => {
    expect(service({ tailscale: { tags: ["tag:ci", "tag:k8s"] } })).toMatchObject({
      metadata: { annotations: { "tailscale.com/tags": "tag:ci,tag:k8s" } },
    });
  });

  test("none if each pod is a node; the key is from a Secret, and is removed before OpenCode starts", () => {
    const own = render({ connection: "userspace", fqdn: null, tailscale: { tags: ["tag:fleet"], key: "FLEET_KEY" } });
    expect(read(own["namespace.yaml"]!)).toHaveLength(1);
    const [agent] = readCron(own["fleet.yaml"]!).spec.jobTemplate.spec.template.spec.containers as [Container];
    expect(agent.env).toContainEqual({ name: "APERTURE_CONNECTION", value: "userspace" });
    expect(agent.env).toContainEqual({
      name: "FLEET_KEY",
      valueFrom: { secretKeyRef: { name: "opencode-tailscale", key: "authkey" } },
    });
    expect(own["job.sh"]).toContain('exec env -u FLEET_KEY sh "$0" work\n');
    expect(own["kustomization.yaml"]).toContain("reusable, of the tag tag:fleet:");
    expect(files["job.sh"]).not.toContain("env -u");
  });

  test("a word for pods decides, whatever people's containers do", () => {
    const wayOf = (connection: Answers["connection"]): readonly unknown[] => {
      const made = render({ connection });
      const [agent] = readCron(made["cronjob.yaml"]!).spec.jobTemplate.spec.template.spec.containers as [Container];
      const way = agent.env!.find(({ name }) => name === "APERTURE_CONNECTION")!.value;
      return [way, read(made["namespace.yaml"]!).length, made["job.sh"]!.includes("env -u TS_AUTHKEY")];
    };
    expect(wayOf({ kind: "network", kubernetes: "userspace" })).toEqual(["userspace", 1, true]);
    expect(wayOf({ kind: "userspace", kubernetes: "network" })).toEqual(["network", 2, false]);
    // The operator's Service is there for auto, too.
    expect(wayOf({ kind: "userspace", kubernetes: "auto" })).toEqual(["network", 2, false]);
  });

  test("none if the cluster reaches the address directly", () => {
    expect(service({ url: "https://gateway.example.com", fqdn: null })).toBeUndefined();
  });

  test.each<[url: string, fqdn: string | null, reached: string, target: string | null]>([
    ["http://ai", "ai.example.ts.net", "http://ai", "ai.example.ts.net"],
    ["http://ai:8080", "gw.example.ts.net", "http://ai:8080", "gw.example.ts.net"],
    ["http://ai.example.ts.net", null, "http://ai", "ai.example.ts.net"],
    ["http://9ai.example.ts.net", null, "http://gateway", "9ai.example.ts.net"],
    ["http://100.64.1.2:8080", null, "http://gateway:8080", "100.64.1.2"],
    ["http://[fd7a:115c:a1e0::1]", null, "http://gateway", "fd7a:115c:a1e0::1"],
    ["http://ai.corp.example", "ai.corp.example", "http://ai", "ai.corp.example"],
    ["http://gateway.corp.example", null, "http://gateway.corp.example", null],
    ["https://gateway.corp.example", null, "https://gateway.corp.example", null],
    ["http://192.0.2.1", null, "http://192.0.2.1", null],
  ])("%s, whole name %s: pods ask %s, the operator looks for %s", (url, fqdn, reached, target) => {
    expect(egressOf({ ...asked, url, fqdn })).toMatchObject({ url: reached, service: target === null ? null : { target } });
  });

  test.each<[what: string, answers: Partial<Answers>, why: RegExp, fix: RegExp]>([
    ["a short name alone", { fqdn: null }, /full name, and aperture\.url has the short name ai$/, /--fqdn ai\.example\.ts\.net/],
    ["this machine", { url: "http://localhost:8080" }, /localhost is the pod or its node/, /own origin/],
    ["the engine's machine", { url: "http://host.docker.internal" }, /is the pod or its node/, /own origin/],
    ["https in the tailnet", { url: "https://ai.example.ts.net" }, /in no certificate/, /http origin/],
    ["an address", { url: "http://127.0.0.1:80" }, /127\.0\.0\.1 is the pod/, /own origin/],
    [
      "a managed configuration with another name",
      { url: "http://ai.example.ts.net", managed: true },
      /fixes the address/,
      /aperture\.url to http:\/\/ai /,
    ],
  ])("refused: %s", (_what, answers, why, fix) => {
    const refusal = findRefusal({ ...asked, ...answers });
    expect(refusal).toEqual({ why: expect.stringMatching(why), fix: expect.stringMatching(fix) });
    expect(findRefusal({ ...asked, ...answers, outputs: ["devcontainer"] })).toBeNull();
  });

  test("a managed configuration with the name that pods use is fine", () => {
    expect(findRefusal({ ...asked, managed: true })).toBeNull();
  });
});
