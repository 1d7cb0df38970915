// Starts Swagger UI in #swagger-ui, in the colours the reader's system asks for.
const swaggerElement = document.getElementById('swagger-ui');
const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');

function applyColourScheme() {
  document.documentElement.classList.toggle('dark-mode', prefersDark.matches);
}

applyColourScheme();
prefersDark.addEventListener('change', applyColourScheme);

window.SwaggerUIBundle({
  domNode: swaggerElement,
  url: swaggerElement.dataset.schemaUrl,
  deepLinking: true,
  displayRequestDuration: true,
  // Otherwise the schema's address is sent to a validator on another host.
  validatorUrl: null,
});
