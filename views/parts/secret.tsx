import { Html } from '@kitajs/html';

/** A text that is shown once, to be copied: its field is selected whole by a click. */
export function Secret({ label, value }: { label: string; value: string }): JSX.Element {
  return (
    <div class="field secret">
      <label for="secret" safe>
        {label}
      </label>
      <input
        id="secret"
        type="text"
        value={Html.escapeHtml(value)}
        autocomplete="off"
        spellcheck="false"
        autofocus
        readonly
      />
    </div>
  );
}
