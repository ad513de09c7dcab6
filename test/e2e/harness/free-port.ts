import { createServer } from "node:net";

const loopback = "127.0.0.1";

/** A port of 127.0.0.1 that nobody listens to at this moment. */
export const freePort = (): Promise<number> => tryPort(0);

/** Whether one could listen to a port of 127.0.0.1. */
export const isFree = (port: number): Promise<boolean> =>
  tryPort(port).then(
    () => true,
    () => false,
  );

/** Listens for a moment. */
function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, loopback, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("the server has no port"));
        else resolve(address.port);
      });
    });
  });
}
