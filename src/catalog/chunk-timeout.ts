/**
 * How long a stream of a model may be silent.
 *
 * OpenCode 1.18.18 waits forever unless a provider has the option `chunkTimeout`. With it OpenCode ends a silent stream and retries (read and
 * seen there). It counts from one piece of a `text/event-stream` to the next, so a stream in another form, as that of Bedrock's Converse, is not
 * watched. Later versions, such as 1.18.33, have a default of 300000.
 */

/** In milliseconds. A reasoning model may write nothing for minutes, so the proposal is twice the default of later OpenCode versions. */
export const chunkTimeouts = { proposed: 600_000, least: 1000, most: 86_400_000 } as const;
