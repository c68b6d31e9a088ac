// jsdom with the parts of a browser that JupyterLab's packages expect and jsdom lacks.
const { TestEnvironment } = require('jest-environment-jsdom');

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}

module.exports = class LabEnvironment extends TestEnvironment {
  constructor(config, context) {
    // Without pretendToBeVisual document.hidden is true, and whatever rests in a hidden tab rests.
    const environmentOptions = {
      pretendToBeVisual: true,
      ...config.projectConfig.testEnvironmentOptions
    };
    super(
      {
        ...config,
        projectConfig: { ...config.projectConfig, testEnvironmentOptions: environmentOptions }
      },
      context
    );
  }

  async setup() {
    await super.setup();
    const window = this.global;
    const missing = {
      AbortController,
      AbortSignal,
      DragEvent: class DragEvent extends window.Event {},
      Headers,
      IntersectionObserver: Observer,
      Request,
      ResizeObserver: Observer,
      Response,
      TextDecoder,
      TextEncoder,
      cancelIdleCallback: clearTimeout,
      fetch,
      matchMedia: query => ({
        matches: false,
        media: query,
        addEventListener() {},
        removeEventListener() {}
      }),
      requestIdleCallback: work => setTimeout(work, 0),
      structuredClone
    };
    // Only asked whether it is there.
    window.navigator.clipboard ??= {};
    for (const [name, value] of Object.entries(missing)) {
      window[name] ??= value;
    }
  }
};
