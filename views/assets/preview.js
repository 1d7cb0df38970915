// A preview's subtitles, and what goes wrong, in words. The sentences stand in the page, hidden, each under its name.
(() => {
  for (const film of document.querySelectorAll('video[data-preview]')) show(film);

  function show(film) {
    const { subtitles, subtitlesLabel } = film.dataset;
    const notes = film.parentElement;
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
      film.removeAttribute('crossorigin');
      film.addEventListener('loadedmetadata', () => say('film_cors'), { once: true });
      film.load();
    });
    film.addEventListener(
      'loadedmetadata',
      () => {
        if (subtitles === undefined || (film.crossOrigin === null && isForeign(subtitles))) return;
        film.append(createTrack(subtitles, subtitlesLabel, say));
      },
      { once: true },
    );
    if (subtitles !== undefined && isForeign(subtitles)) film.crossOrigin = 'anonymous';
    film.preload = 'metadata';
    film.load();
  }

  function createTrack(address, label, say) {
    const track = document.createElement('track');
    track.addEventListener('error', () => say('subtitles'));
    Object.assign(track, { kind: 'subtitles', label, default: true, src: address });
    return track;
  }

  function isForeign(address) {
    return new URL(address).origin !== location.origin;
  }

  // A missing file and an unknown format are one thing to browsers.
  function nameOf({ code }) {
    if (code === MediaError.MEDIA_ERR_NETWORK) return 'interrupted';
    return code === MediaError.MEDIA_ERR_DECODE ? 'damaged' : 'unplayable';
  }
})();
