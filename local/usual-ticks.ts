/** How often `earworm dev` brings charts up to date while plays arrive unless asked otherwise, ms. */
export const usualTickMs = 1000;

/** The same of profiles, which cost most and which nobody watches as closely (ADR 23), ms. */
export const usualProfileTickMs = 5000;
