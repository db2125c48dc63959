/** A command cannot do what was asked. The message is the one sentence that the operator reads. */
export class Failure extends Error {}
