/** The entry point: what JupyterLab loads. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'kfnb-ext:plugin',
  description: 'The sidebar of the notebook pod.',
  autoStart: true,
  activate: (_app: JupyterFrontEnd): void => undefined
};

export default plugin;
