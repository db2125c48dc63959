/** The revisions that a record was seen with: its own and, where its owner is shown with it, the owner's. */
export type Version = readonly [own: number] | readonly [own: number, owner: number]
