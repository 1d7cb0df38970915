/** Standard output that knows what is still on its way: a pipe takes 64 KiB and then waits for its reader. */
export interface Output {
  /** Writes, and resolves when the text was taken: long output waits for that, short output need not. Never rejects. */
  print(text: string): Promise<void>;
  /** Resolves when all that was printed was taken. Ending the process before would cut it off. */
  flush(): Promise<void>;
}

/** @param onError is told why a text could not be written, before its `print` resolves */
export function createOutput(stream: NodeJS.WritableStream, onError: (error: NodeJS.ErrnoException) => void): Output {
  let last: Promise<void> = Promise.resolve();
  // The callback of the write that failed has been told already.
  stream.on('error', () => {});
  return {
    print(text) {
      if (text === '') return last;
      last = new Promise((resolve) => {
        stream.write(text, (error) => {
          if (error) onError(error);
          resolve();
        });
      });
      return last;
    },
    flush: () => last,
  };
}
