/** The commands, for the palette, the menus and other extensions. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { type ICommandPalette, InputDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { podIcon } from './icon';
import type { Sidebar } from './sidebar';

export const CommandIDs = {
  open: 'kfnb-ext:open',
  snapshot: 'kfnb-ext:snapshot',
  keepAwake: 'kfnb-ext:keep-awake'
} as const;

export function addCommands(
  app: JupyterFrontEnd,
  sidebar: Sidebar,
  palette: ICommandPalette | null,
  trans: TranslationBundle
): void {
  const show = (): void => app.shell.activateById(sidebar.id);
  app.commands.addCommand(CommandIDs.open, {
    label: trans.__('Show pod status'),
    caption: trans.__('Show what this notebook pod has left, and its snapshots'),
    icon: podIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: show
  });
  app.commands.addCommand(CommandIDs.snapshot, {
    label: trans.__('Take a snapshot of the workspace…'),
    caption: trans.__('Keep all files of the workspace as they are now'),
    icon: podIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          name: { type: 'string', description: trans.__('Its name; asked for when absent') }
        }
      }
    },
    execute: async args => {
      const name = typeof args.name === 'string' ? args.name : await askName(trans);
      if (name !== null) {
        const core = await sidebar.core();
        // There the progress is seen, or why it was refused.
        show();
        await core.actions.take({ engine: 'local', name, note: '' });
      }
    }
  });
  app.commands.addCommand(CommandIDs.keepAwake, {
    label: trans.__('Keep the notebook awake…'),
    caption: trans.__('Ask the cluster not to stop this notebook for some hours'),
    icon: podIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          hours: { type: 'number', description: trans.__('For how long; asked for when absent') },
          reason: { type: 'string', description: trans.__('Why; may be absent') }
        }
      }
    },
    execute: async args => {
      const hours = typeof args.hours === 'number' ? args.hours : null;
      const core = await sidebar.core();
      await core.awake.ask(hours, typeof args.reason === 'string' ? args.reason : '');
    }
  });
  for (const command of Object.values(CommandIDs)) {
    palette?.addItem({ command, category: trans.__('Notebook pod') });
  }
}

/** A name, "" for none, or null when the user changed their mind. */
async function askName(trans: TranslationBundle): Promise<string | null> {
  const { button, value } = await InputDialog.getText({
    title: trans.__('Take a snapshot'),
    label: trans.__('Name (optional)'),
    okLabel: trans.__('Take snapshot')
  });
  return button.accept ? (value ?? '') : null;
}
