import { hourMs } from "#src/domain/windows.ts";

/** API Gateway closes a WebSocket connection after two hours, so nothing about it has to live longer. */
export const connectionLifeMs = 2 * hourMs;
