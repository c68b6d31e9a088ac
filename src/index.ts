/** The entry point: what JupyterLab loads. Every token is optional, so Notebook 7 works too. */
import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { addCommands, CommandIDs } from './commands';
import { Glance } from './glance';
import { Notices } from './notices';
import { Sidebar } from './sidebar';

/** Below the panels of JupyterLab itself. */
const RANK = 600;

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'kfnb-ext:plugin',
  description: 'The sidebar of the notebook pod: readings, and snapshots of the workspace.',
  autoStart: true,
  optional: [ILayoutRestorer, ICommandPalette, ITranslator, ISettingRegistry, IStateDB, IStatusBar],
  activate
};

function activate(
  app: JupyterFrontEnd,
  restorer: ILayoutRestorer | null,
  palette: ICommandPalette | null,
  translator: ITranslator | null,
  settings: ISettingRegistry | null,
  state: IStateDB | null,
  statusBar: IStatusBar | null
): void {
  const trans = (translator ?? nullTranslator).load('kfnb_ext');
  const notices = new Notices({
    keep_awake: {
      label: trans.__('Keep awake 2 h'),
      run: () => void app.commands.execute(CommandIDs.keepAwake, { hours: 2 })
    }
  });
  const sidebar: Sidebar = new Sidebar(async () => {
    const core = await import('./core');
    return core.assemble({ app, notices, trans, settings, state, isSeen: () => sidebar.isVisible });
  }, trans);
  app.shell.add(sidebar, 'left', { rank: RANK, type: 'Notebook pod' });
  restorer?.add(sidebar, sidebar.id);
  addCommands(app, sidebar, palette, trans);
  const glance = new Glance(trans, () => app.shell.activateById(sidebar.id));
  statusBar?.registerStatusItem('kfnb-ext:glance', { item: glance, align: 'left', rank: 90 });
  // A hidden sidebar asks nothing, and yet its user hears of what happens.
  app.serviceManager.events.stream.connect((_, event) => {
    glance.receive(event);
    if (notices.receive(event) && sidebar.isVisible) {
      void sidebar.core().then(core => core.refresh());
    }
  });
}

export default plugin;
