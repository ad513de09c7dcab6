/** A file of the page, with what a browser is told of it. */
export interface PageFile {
  /** Relative, such as `index.html` or `assets/index-DkL3x9aQ.js`. */
  readonly path: string;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** From where the page is served. A failing store throws `StoreError`. */
export interface PageStore {
  /** Replaces what was at the path. */
  put(file: PageFile): Promise<void>;
  /** Removes every file there is, whoever put it. */
  clear(): Promise<void>;
}
