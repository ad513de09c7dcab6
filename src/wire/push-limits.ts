/** A client message over this is refused, bytes of UTF-8. */
export const maxMessageBytes = 4096;
/** API Gateway meters and delivers frames of 32 KB; a message of ours is one frame. */
export const maxFrameBytes = 32 * 1024;
/** A snapshot shows at most this many entries; `total` says how many there are. */
export const maxSnapshotEntries = 100;
/** What the entries of a snapshot may take, bytes of UTF-8; the rest of a frame is for what stands around them. */
export const maxEntriesBytes = maxFrameBytes - 1024;
/** A connection may subscribe to this many channels. */
export const maxSubscriptions = 16;
