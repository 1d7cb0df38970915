// What goes wrong with a preview, in words. The sentences stand in the page, hidden, each under its name.
(() => {
  for (const film of document.querySelectorAll('video[data-preview]')) watch(film);

  function watch(film) {
    const notes = film.parentElement;
    const track = film.querySelector('track');
    const say = (name) => {
      notes.querySelector(`[data-note="${name}"]`).hidden = false;
    };

    // Browsers show another host's subtitles only when film and subtitles are both asked for with CORS. A film whose host
    // does not take part in that is shown without them.
    film.addEventListener('error', () => {
      if (film.crossOrigin === null) {
        say(nameOf(film.error));
        return;
      }
      track.remove();
      film.removeAttribute('crossorigin');
      film.addEventListener('loadedmetadata', () => say('film_cors'), { once: true });
      film.load();
    });
    track?.addEventListener('error', () => say('subtitles'));
    if (track !== null && isForeign(track.src)) film.crossOrigin = 'anonymous';
    film.preload = 'metadata';
    film.load();
  }

  function isForeign(address) {
    return new URL(address).origin !== location.origin;
  }

  // The codes of MediaError; where the host answered with a status, Chromium's message begins with it.
  function nameOf({ code, message }) {
    if (/^\d{3}:/.test(message)) return 'missing';
    if (code === MediaError.MEDIA_ERR_NETWORK) return 'interrupted';
    return code === MediaError.MEDIA_ERR_DECODE ? 'damaged' : 'unplayable';
  }
})();
