/**
 * How long a stream of a model may be silent.
 *
 * OpenCode 1.18.18 waits for ever unless a provider has the option `chunkTimeout`; with it a silent stream is ended and asked for again (read and
 * seen there). It counts from one piece of a `text/event-stream` to the next, so a stream in another form, as that of Bedrock's Converse, is not
 * watched. Later versions, 1.18.33 among them, take 300000 of their own.
 */

/** In milliseconds. A model that thinks may write nothing for minutes, so what is proposed is twice what later versions of OpenCode take. */
export const chunkTimeouts = { proposed: 600_000, least: 1000, most: 86_400_000 } as const;
