import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";

export type Answer = APIGatewayProxyStructuredResultV2;

/** An answer is data for a program: never a page, never kept. HTTPS for good is heeded only where there is HTTPS. */
const commonHeaders = {
  "content-type": "application/json; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
} as const;

export function json(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    statusCode,
    headers: { ...commonHeaders, ...headers },
    body: JSON.stringify(body),
  };
}

/** A refusal that a route throws and the handler turns into an answer. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly statusCode: number;
  readonly code: string;
  readonly field: string | undefined;

  /** @param field the parameter or field that the message is about */
  constructor(statusCode: number, code: string, message: string, field?: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
    this.field = field;
  }
}

export function errorAnswer(error: HttpError, headers?: Readonly<Record<string, string>>): Answer {
  const challenge = error.statusCode === 401 ? { "www-authenticate": "Bearer" } : {};
  const body = { error: errorBody(error.code, error.message, error.field) };
  return json(error.statusCode, body, { ...challenge, ...headers });
}

export function errorBody(code: string, message: string, field: string | undefined): object {
  return field === undefined ? { code, message } : { code, message, field };
}

export const badParameter = (name: string, message: string): HttpError =>
  new HttpError(400, "bad_parameter", message, name);

/** A whole number from 1 to `max` out of the query. */
export function parseLimit(name: string, raw: string | undefined, fallback: number, max: number): number {
  if (raw === undefined) return fallback;
  const value = /^\d{1,9}$/.test(raw) ? Number(raw) : 0;
  if (value >= 1 && value <= max) return value;
  throw badParameter(name, `${name} is a whole number from 1 to ${max}, not "${raw}"`);
}

/** ISO 8601 in UTC. */
export const isoTime = (epochMs: number): string => new Date(epochMs).toISOString();
