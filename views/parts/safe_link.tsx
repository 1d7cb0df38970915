import { Html } from '@kitajs/html';

/** An address of another site as a link; one that is no http or https address (old data may hold any) as text. */
export function SafeLink({ address }: { address: string }): JSX.Element {
  if (!/^https?:\/\/[^/?#]/i.test(address)) {
    return (
      <span dir="auto" safe>
        {address}
      </span>
    );
  }
  return (
    <a href={Html.escapeHtml(address)} target="_blank" rel="noopener noreferrer" safe>
      {address}
    </a>
  );
}
