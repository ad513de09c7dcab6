/** Something that whoever runs the suite has to put right, told in one line. */
export class E2eError extends Error {
  override readonly name: string = "E2eError";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.stack = message; // Vitest prints the stack; nobody has to look at ours for a wrong address
  }
}

/** A tool of this machine that the suite needs and cannot install itself. */
export class MissingToolError extends E2eError {
  override readonly name = "MissingToolError";
}
