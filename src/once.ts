/** Makes a value when it is first asked for, and keeps it. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** An object whose members are made when they are first read, and kept. */
export function lazily<T extends Readonly<Record<string, () => unknown>>>(
  makers: T,
): { readonly [Name in keyof T]: ReturnType<T[Name]> } {
  const members = {};
  for (const [name, make] of Object.entries(makers)) {
    Object.defineProperty(members, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = make();
        Object.defineProperty(members, name, { enumerable: true, value });
        return value;
      },
    });
  }
  return members as { readonly [Name in keyof T]: ReturnType<T[Name]> };
}
