/** Amounts with their units, as a language writes them. */
export interface Units {
  /** A moment to the second, in the hub's time zone: what a live screen was read at. */
  clock(moment: Date): string;
  /** A span of time in its two largest units, from seconds to days: `2 hr 5 min`. */
  span(ms: number): string;
  /** Bytes in MB. */
  memory(bytes: number): string;
}

const SPANS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const;

export function createUnits(language: string, timeZone: string): Units {
  const unit = (name: string) => new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short' });
  const spans = SPANS.map((span) => ({ ...span, format: unit(span.unit) }));
  const tenths = new Intl.NumberFormat(language, {
    ...{ style: 'unit', unit: 'second', unitDisplay: 'short' },
    maximumFractionDigits: 1,
  });
  const megabytes = unit('megabyte');
  const times = new Intl.DateTimeFormat(language, { timeStyle: 'medium', timeZone });
  return {
    clock: (moment) => times.format(moment),
    span(ms) {
      if (ms < 10_000) return tenths.format(ms / 1000);
      let left = Math.round(ms / 1000);
      const parts: string[] = [];
      for (const { seconds, format } of spans) {
        const n = Math.floor(left / seconds);
        left -= n * seconds;
        if (n > 0) parts.push(format.format(n));
      }
      return parts.slice(0, 2).join(' ');
    },
    memory: (bytes) => megabytes.format(Math.round(bytes / 1_000_000)),
  };
}
