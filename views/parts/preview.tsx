import { Html } from '@kitajs/html';
import type { Messages } from '../../src/messages/index.ts';
import { SafeLink } from './safe_link.tsx';

/** A film that can be shown, or why it cannot. */
export interface Preview {
  readonly file: string;
  /** '' without any. */
  readonly subtitles: string;
  readonly subtitlesAre: 'none' | 'present' | 'srt' | 'bad';
  readonly isPlayable: boolean;
  /** Somebody asked for it: only then anything is loaded from another host. */
  readonly isShown: boolean;
}

type PreviewProps = {
  m: Messages;
  preview: Preview;
  /** The form whose values are shown when the button is pressed, also before they are saved; without one a link shows what is stored. */
  form: { readonly id: string; readonly action: string } | undefined;
};

/**
 * A film beside the form. `preview.js` adds its subtitles, and says in words what goes wrong; without JavaScript it is all
 * said at once.
 */
export function PreviewPart({ m, preview, form }: PreviewProps): JSX.Element {
  return (
    <section class="side-part preview" id="preview" aria-labelledby="preview-heading">
      <h2 id="preview-heading" safe>
        {m.contents.preview.title}
      </h2>
      {preview.isShown ? <Film m={m} preview={preview} /> : <Offer m={m} preview={preview} form={form} />}
    </section>
  );
}

function Offer({ m, preview, form }: PreviewProps): JSX.Element {
  const words = m.contents.preview;
  if (!preview.isPlayable) {
    return (
      <p class="soft">
        <span safe>{words.noAddress}</span> <SafeLink address={preview.file} />
      </p>
    );
  }
  return (
    <>
      {form === undefined ? (
        <a class="button" href="?preview=1#preview" safe>
          {words.show}
        </a>
      ) : (
        <button
          class="button"
          type="submit"
          form={form.id}
          name="_preview"
          value="1"
          formnovalidate
          formaction={Html.escapeHtml(`${form.action}#preview`)}
          safe
        >
          {words.show}
        </button>
      )}
      <p class="soft" safe>
        {words.offer(new URL(preview.file).host)}
      </p>
    </>
  );
}

function Film({ m, preview }: { m: Messages; preview: Preview }): JSX.Element {
  const words = m.contents.preview;
  const { file, subtitles, subtitlesAre } = preview;
  return (
    <>
      <video
        {...{ preload: 'none' }}
        controls
        data-preview
        data-subtitles={subtitlesAre === 'present' ? Html.escapeHtml(subtitles) : undefined}
        data-subtitles-label={Html.escapeHtml(words.subtitles)}
        src={Html.escapeHtml(file)}
        aria-label={Html.escapeHtml(words.film)}
      ></video>
      <div role="status" aria-live="polite">
        {NOTES.map((note) => (
          <p class="notice notice-warning" data-note={note} hidden safe>
            {words.notes[note]}
          </p>
        ))}
        {subtitlesAre === 'srt' ? (
          <p class="notice notice-warning" safe>
            {words.srt}
          </p>
        ) : (
          ''
        )}
        {subtitlesAre === 'bad' ? (
          <p class="notice notice-warning" safe>
            {words.badSubtitles}
          </p>
        ) : (
          ''
        )}
      </div>
      <noscript>
        <p class="soft" safe>
          {words.withoutScript}
        </p>
      </noscript>
      <p class="preview-source">
        <span safe>{words.film}</span>: <SafeLink address={file} />
      </p>
      {subtitles === '' ? (
        <p class="soft" safe>
          {words.noSubtitles}
        </p>
      ) : (
        <p class="preview-source">
          <span safe>{words.subtitles}</span>: <SafeLink address={subtitles} />
        </p>
      )}
    </>
  );
}

/** What `preview.js` finds out, by the names it knows them under. */
const NOTES = ['unplayable', 'damaged', 'interrupted', 'film_cors', 'subtitles'] as const;
