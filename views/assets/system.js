// The system screen asks for new figures every two seconds, as long as somebody can see them.

const live = document.getElementById('live');
const INTERVAL_MS = 2000;

setInterval(() => {
  if (document.visibilityState === 'visible') live.dispatchEvent(new Event('due'));
}, INTERVAL_MS);

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') live.dispatchEvent(new Event('due'));
});
