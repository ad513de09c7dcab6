/** Whether bytes begin as a gzip member does (RFC 1952, 2.3.1). */
export const isGzip = (data: Uint8Array): boolean => data[0] === 0x1f && data[1] === 0x8b;
