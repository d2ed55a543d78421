/**
 * The one error type that people are meant to see.
 *
 * Every refusal carries a stable `code`, the exit status of the process, what is wrong (the message), where it is wrong and what to
 * do about it. Anything else that is thrown is a defect of ours and ends with exit 1.
 */

/** Exit statuses: 1 internal, 2 usage or missing answers, 3 needs a decision, 4 environment, 130 interrupted. */
export type ExitStatus = 1 | 2 | 3 | 4 | 130;

/** A place in a file: line and column count from 1, columns in UTF-16 code units. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** What `AppError` is made from. */
export interface ErrorFields {
  readonly code: string;
  readonly exit: ExitStatus;
  /** What is wrong, in one line. */
  readonly message: string;
  /** Lines that belong to it, such as the end of what a program said. */
  readonly details?: readonly string[];
  /** The next thing to try, as a sentence or a command. */
  readonly hint?: string;
  readonly where?: Place;
}

/** An error for people. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: string;
  readonly exit: ExitStatus;
  /** The message as lines, of which none has a line end inside. */
  readonly lines: readonly string[];
  readonly hint: string | undefined;
  readonly where: Place | undefined;

  constructor(fields: ErrorFields) {
    const lines = [fields.message, ...(fields.details ?? [])];
    super(lines.join("\n"));
    this.lines = lines;
    this.code = fields.code;
    this.exit = fields.exit;
    this.hint = fields.hint;
    this.where = fields.where;
  }
}

/** Whether an error is one for people. By name, because each bundle of the built program has a class of its own. */
export function isAppError(error: unknown): error is AppError {
  return error instanceof Error && error.name === "AppError" && "exit" in error;
}

/** A wrong flag, value or combination: exit 2. */
export function usageError(code: string, message: string, hint?: string, where?: Place): AppError {
  return new AppError({ code, exit: 2, message, ...(hint && { hint }), ...(where && { where }) });
}

/** Something that a person has to decide, such as a file that is not ours: exit 3. */
export function decisionError(code: string, message: string, hint?: string, where?: Place): AppError {
  return new AppError({ code, exit: 3, message, ...(hint && { hint }), ...(where && { where }) });
}

/** The machine cannot do it: no network, no permission, no Docker: exit 4. */
export function environmentError(code: string, message: string, hint?: string, where?: Place): AppError {
  return new AppError({ code, exit: 4, message, ...(hint && { hint }), ...(where && { where }) });
}

/** The user pressed Ctrl-C or Escape at a question: exit 130, nothing written. */
export function cancelledError(): AppError {
  return new AppError({ code: "cancelled", exit: 130, message: "Cancelled. Nothing was written." });
}

/** `file:line:column` as far as it is known. */
export function formatPlace(place: Place): string {
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(":");
}
