import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from "aws-lambda";
import { type AccessToken, isExpired, isTokenText, type TokenHash } from "#src/domain/access-token.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { TokenStore } from "#src/ports/token-store.ts";

export interface AuthorizeDeps {
  readonly tokens: Pick<TokenStore, "find">;
  /** Of a text in UTF-8, as hex. */
  readonly sha256: (text: string) => string;
  readonly clock: Clock;
}

/**
 * Who may open a WebSocket, where that takes a token (`?token=`: a browser cannot send a header). Any token that is valid
 * will do, because what is pushed is public. API Gateway itself refuses a handshake without the parameter.
 */
export function createAuthorizeHandler(deps: AuthorizeDeps) {
  return async (event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> => {
    const token = await validToken(deps, event.queryStringParameters?.["token"]);
    return {
      principalId: token?.id ?? "nobody", // what logs may show; it opens nothing
      policyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Action: "execute-api:Invoke",
            Effect: token === undefined ? "Deny" : "Allow",
            Resource: event.methodArn,
          },
        ],
      },
    };
  };
}

async function validToken(
  { tokens, sha256, clock }: AuthorizeDeps,
  text = "",
): Promise<AccessToken | undefined> {
  if (!isTokenText(text)) return undefined;
  const token = await tokens.find(sha256(text) as TokenHash);
  return token === undefined || isExpired(token, clock()) ? undefined : token;
}
