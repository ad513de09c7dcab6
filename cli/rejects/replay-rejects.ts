import { assertTwiceReadable, figuresLine, MarkedFile } from "../marked-file.ts";
import { type MarkedTargetOptions, withMarkedTarget } from "../marked-target.ts";

/** Whoever corrects lines wants to see all that are still wrong; beyond this many, a file was mistaken for another. */
const mostListed = 1000;

/**
 * Sends the lines of a file that `earworm rejects export` wrote and somebody corrected. A line is what a record held, and
 * counts once however often the file is sent.
 */
export async function replayRejects(path: string, options: MarkedTargetOptions): Promise<void> {
  assertTwiceReadable(path);
  await withMarkedTarget(options, async (target) => {
    const file = new MarkedFile(path, target, { asRecords: true, mostListed });
    await file.survey();
    console.log(figuresLine(await file.send()));
    file.assertWhole();
  });
}
