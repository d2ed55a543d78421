/**
 * What a test asks for that must not take long: time of the processor, because the clock on the wall also counts what other programs do
 * meanwhile. A thing that hangs uses none of it and is ended by the test's own time limit.
 */

/** Milliseconds of the processor that this process has used since its start. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
