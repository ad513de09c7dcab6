import { parseJson, utf8Length } from "./play-codec.ts";
import { maxFrameBytes } from "./push-limits.ts";
import { readServerMessage, type ServerMessage } from "./push-protocol.ts";

/*
 * A frame is one message, or a JSON array of several. API Gateway meters frames and takes a call for each: what a connection
 * gets in one tick goes out as one.
 */

export interface Frame {
  readonly text: string;
  /** Of the text, UTF-8. */
  readonly bytes: number;
  /** How many messages are in it. */
  readonly messages: number;
}

/** Puts messages into as few frames as hold them, in their order; each frame has 32 KB at most. */
export function packFrames(messages: readonly string[]): readonly Frame[] {
  const frames: Frame[] = [];
  let open: string[] = [];
  let openBytes = 0;
  const close = (): void => {
    const [first] = open;
    if (first !== undefined)
      frames.push(frameOf(open.length === 1 ? first : `[${open.join(",")}]`, open.length));
    open = [];
    openBytes = 0;
  };
  for (const message of messages) {
    const bytes = utf8Length(message) + separatorBytes;
    if (openBytes + bytes + separatorBytes > maxFrameBytes) close();
    open.push(message);
    openBytes += bytes;
  }
  close();
  return frames;
}

/** A comma or a bracket. */
const separatorBytes = 1;

const frameOf = (text: string, messages: number): Frame => ({ text, bytes: utf8Length(text), messages });

/** The messages of a frame; what is none is left out, so that a newer server does not break a client. */
export function decodeFrame(text: string): readonly ServerMessage[] {
  const parsed = parseJson(text);
  if (!parsed.ok) return [];
  const messages: readonly unknown[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  return messages.map(readServerMessage).filter((message) => message !== undefined);
}
