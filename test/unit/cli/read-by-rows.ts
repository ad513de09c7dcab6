import { feedPlayFile } from "#cli/play-file.ts";
import type { PlayFileEntry } from "#cli/play-file-decoder.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { Play } from "#src/domain/play.ts";
import { ColumnarBlockBuilder } from "#src/wire/columnar-builder.ts";
import { expandRecord } from "#src/wire/play-record.ts";
import type { RowValues } from "#src/wire/row-values.ts";
import { someTime } from "#test/support/builders.ts";

interface BlockReading {
  readonly plays: readonly Play[];
  readonly rejections: readonly PlayFileEntry[];
  /** Rows that were taken byte by byte. */
  rows: number;
}

/** The file by way of rows, where they are plain, and columnar blocks. */
export async function readByRows(path: string): Promise<BlockReading> {
  const blocks: Uint8Array[] = [];
  const reading = { plays: [] as Play[], rejections: [] as PlayFileEntry[], rows: 0 };
  const builder = new ColumnarBlockBuilder((_, block) => blocks.push(block), 7);
  const sink = {
    entry(entry: PlayFileEntry): void {
      if ("play" in entry) builder.add(entry.play);
      else reading.rejections.push(entry);
    },
    rows: {
      get dictionary() {
        return builder.dictionary;
      },
      row(values: RowValues): void {
        reading.rows += 1;
        builder.addRow(values);
      },
    },
  };
  for await (const _ of feedPlayFile(path, { arrivedAt: someTime }, sink));
  builder.flush();
  for (const data of blocks) {
    for (const entry of expandRecord({ sequenceNumber: "1", data, arrivedAt: someTime }, nodeRecordCodec)) {
      if (entry.kind === "reject") throw new Error(entry.chunk.reason);
      reading.plays.push(entry.play);
    }
  }
  return reading;
}

export const byListener = (plays: readonly Play[]) => Map.groupBy(plays, (play) => play.userId);
