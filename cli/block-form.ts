/** The forms of block records in which `earworm analyze` can put plays into its stream. */
export const blockForms = ["columnar", "json"] as const;
export type BlockForm = (typeof blockForms)[number];
