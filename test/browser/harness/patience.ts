/** How long a condition may take to come about, ms: machines that run tests are slow now and then. For `expect.poll`. */
export const patience = { timeout: 20_000, interval: 50 } as const;
