import { deflateRawSync } from "node:zlib";
import type { EpochNumber } from "#src/domain/epoch.ts";
import type { UserId } from "#src/domain/play.ts";
import {
  figuresOf,
  type ListenerFigures,
  noProfile,
  type Profile,
  type RecentPlay,
} from "#src/domain/profile.ts";
import type { ProfileHead } from "#src/ports/profile-store.ts";
import { decodeHead, encodeHead, type HeadContents } from "#src/wire/profile-head-codec.ts";
import { bytesOf, type Item, inflated, numberOf } from "./item.ts";
import { profileItem } from "./keys.ts";

/** Which items hold the rest of a profile, each with the epoch that wrote it. */
export interface Layers {
  readonly base: { readonly place: 0 | 1; readonly epoch: EpochNumber } | undefined;
  readonly runs: readonly EpochNumber[];
}

const noLayers: Layers = { base: undefined, runs: [] };

/** A head as it is stored; without `layers` the item was a whole profile. */
export class StoredHead implements ProfileHead {
  readonly epoch: EpochNumber;
  readonly figures: ListenerFigures;
  readonly plays: readonly RecentPlay[];
  readonly layers: Layers | undefined;
  readonly whole: Profile | undefined;

  constructor(
    epoch: EpochNumber,
    figures: ListenerFigures,
    content: { readonly plays: readonly RecentPlay[]; readonly layers: Layers } | { readonly whole: Profile },
  ) {
    this.epoch = epoch;
    this.figures = figures;
    const isWhole = "whole" in content;
    this.plays = isWhole ? [] : content.plays;
    this.layers = isWhole ? undefined : content.layers;
    this.whole = isWhole ? content.whole : undefined;
  }

  /** Of a listener who has no profile. */
  static none(user: UserId): StoredHead {
    return new StoredHead(0 as EpochNumber, figuresOf(noProfile(user)), { plays: [], layers: noLayers });
  }

  /** Undefined where the item is a whole profile. */
  static from(main: Item): StoredHead | undefined {
    const contents = decodeHead(inflated(bytesOf(main)));
    if (contents === undefined) return undefined;
    const { figures, plays, layers } = contents;
    return new StoredHead(numberOf(main, "epoch") as EpochNumber, figures, {
      plays,
      layers: layersFrom(layers),
    });
  }
}

/** The main item's body. */
export const bodyOfHead = ({
  figures,
  plays,
  layers: { base, runs },
}: Pick<HeadContents, "figures" | "plays"> & { readonly layers: Layers }): Uint8Array =>
  deflateRawSync(
    encodeHead({ figures, plays, layers: [base === undefined ? [] : [base.place, base.epoch], runs] }),
  );

function layersFrom([base, runs]: HeadContents["layers"]): Layers {
  const [place, epoch] = base as readonly number[];
  return {
    base: epoch === undefined ? undefined : { place: place === 0 ? 0 : 1, epoch: epoch as EpochNumber },
    runs: runs as readonly EpochNumber[],
  };
}

/** A write is billed by the KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
const unitBytes = 1024;
/** Attribute names, and a number of at most 16 digits. */
const attributesBytes = "pk".length + "sk".length + "epoch".length + "body".length + 10;

/** Whether a head with a body of so many bytes is written for one unit. */
export function fitsInOneUnit(user: UserId, bodyBytes: number): boolean {
  const { pk, sk } = profileItem(user);
  return Buffer.byteLength(pk) + sk.length + attributesBytes + bodyBytes <= unitBytes;
}
