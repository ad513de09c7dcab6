import { gzipSync } from "node:zlib";
import { feedPlayFile } from "#cli/play-file.ts";
import type { PlayFileEntry } from "#cli/play-file-decoder.ts";
import { nodeRecordCodec } from "#src/adapters/kinesis/node-record-codec.ts";
import type { Play } from "#src/domain/play.ts";
import { ColumnarBlockBuilder } from "#src/wire/columnar-builder.ts";
import { LineBlockBuilder } from "#src/wire/line-block-builder.ts";
import { expandRecord } from "#src/wire/play-record.ts";
import type { RowValues } from "#src/wire/row-values.ts";
import { someTime } from "#test/support/builders.ts";

interface BlockReading {
  readonly plays: readonly Play[];
  readonly rejections: readonly PlayFileEntry[];
  /** Rows that were taken byte by byte. */
  rows: number;
}

/** What makes blocks of rows: a record's bytes each. */
const builders = {
  columnar: () => new ColumnarBlockBuilder<Uint8Array>((_, block) => block, 7),
  json: () => new LineBlockBuilder<Uint8Array>((_, lines) => gzipSync(lines), 2000),
};

export const blockForms = ["columnar", "json"] as const;

/** The file by way of rows, where they are plain, and blocks. */
export async function readByRows(
  path: string,
  form: (typeof blockForms)[number] = "columnar",
): Promise<BlockReading> {
  const blocks: Uint8Array[] = [];
  const keep = (block: Uint8Array | undefined): void => {
    if (block !== undefined) blocks.push(block);
  };
  const reading = { plays: [] as Play[], rejections: [] as PlayFileEntry[], rows: 0 };
  const builder = builders[form]();
  const sink = {
    entry(entry: PlayFileEntry): void {
      if ("play" in entry) keep(builder.add(entry.play));
      else reading.rejections.push(entry);
    },
    rows: {
      get dictionary() {
        return builder.dictionary;
      },
      row(values: RowValues): void {
        reading.rows += 1;
        keep(builder.addRow(values));
      },
    },
  };
  for await (const _ of feedPlayFile(path, { arrivedAt: someTime }, sink));
  blocks.push(...builder.flush());
  for (const data of blocks) {
    for (const entry of expandRecord({ sequenceNumber: "1", data, arrivedAt: someTime }, nodeRecordCodec)) {
      if (entry.kind === "reject") throw new Error(entry.chunk.reason);
      reading.plays.push(entry.play);
    }
  }
  return reading;
}

export const byListener = (plays: readonly Play[]) => Map.groupBy(plays, (play) => play.userId);
