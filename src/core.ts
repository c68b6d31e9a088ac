/** The working parts of the sidebar, put together. Loaded when it is first needed. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStateDB } from '@jupyterlab/statedb';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Actions } from './acts';
import { Awake } from './awake';
import { Away } from './away';
import { AwayDialogs } from './away-dialog';
import { ChangesClient } from './changes-client';
import { Changes, type Leave } from './changing';
import { Client } from './client';
import { ClusterModel } from './cluster';
import { FillingModel } from './filling';
import { GpuActions } from './gpu';
import type { Notices } from './notices';
import { type Memory, PodPanel } from './panel';
import { Pod, SHOWN_MS } from './pod';
import { running } from './running';
import { Snapshots } from './snapshots';

export interface Parts {
  app: JupyterFrontEnd;
  notices: Notices;
  trans: TranslationBundle;
  settings: ISettingRegistry | null;
  state: IStateDB | null;
  /** Somebody looks at this very moment. */
  isSeen: () => boolean;
}

export interface Core {
  panel: PodPanel;
  pod: Pod;
  snapshots: Snapshots;
  actions: Actions;
  awake: Awake;
  /** Whether anybody looks. */
  look(shown: boolean): void;
  /** Look at everything now: something has changed. */
  refresh(): void;
}

export const PLUGIN = 'kfnb-ext:plugin';
const CLOSED = 'kfnb-ext:closed';
const GO_TO = 'filebrowser:go-to-path';
const SAVE_ALL = 'docmanager:save-all';

export async function assemble(parts: Parts): Promise<Core> {
  const { app, notices, trans, state } = parts;
  const client = new Client(app.serviceManager.serverSettings, trans);
  const pod = new Pod(client);
  // Now, so that the first figure does not wait until the settings have come.
  pod.look(parts.isSeen());
  const snapshots = new Snapshots(client, pod, () => saveAll(app));
  const away = new Away(pod);
  const dialogs = new AwayDialogs(away, () => window.location.reload(), trans);
  const leave: Leave = (operation, way) => away.expect(operation, way);
  const ends = running(app.serviceManager, () => pod.status, trans);
  const actions = new Actions(snapshots, trans, ends, leave);
  const awake = new Awake(client, pod, trans);
  const memory = await remembered(state);
  const filling = new FillingModel(client, pod, trans, revealer(app));
  const gpuActs = new GpuActions(client, () => pod.refresh(), trans);
  const cluster = new ClusterModel(client);
  const changing = new ChangesClient(client);
  const engines = (): string[] =>
    (snapshots.list?.engines ?? []).filter(one => one.available).map(one => one.engine);
  const save = (): Promise<void> => saveAll(app);
  const changes = new Changes(changing, pod, save, ends, engines, leave, trans);
  const models = { pod, snapshots, actions, awake, away, gpuActs, changes, filling, cluster };
  const panel = new PodPanel({ ...models, memory, trans });
  pod.ended.connect((_, operation) => {
    if (operation && snapshots.owns(operation.id)) {
      notices.ended(operation);
    }
  });
  panel.disposed.connect(() => {
    snapshots.dispose();
    filling.dispose();
    cluster.dispose();
    awake.dispose();
    dialogs.dispose();
    away.dispose();
    pod.dispose();
  });
  await follow(parts, pod, panel);
  let shown = false;
  let asked = false;
  // Once for each opening, and only where there is a Notebook that could have been changed.
  const askChanges = (): void => {
    if (shown && !asked && pod.status?.notebook) {
      asked = true;
      void changes.refresh();
    }
  };
  pod.changed.connect(askChanges);
  const look = (now: boolean): void => {
    pod.look(now);
    if (now !== shown) {
      shown = now;
      asked = false;
      void (now && snapshots.refresh());
      askChanges();
    }
  };
  const refresh = (): void => {
    pod.refresh();
    void snapshots.refresh();
  };
  return { panel, pod, snapshots, actions, awake, look, refresh };
}

/** Shows a path in the file browser, where there is one. */
function revealer({ commands }: JupyterFrontEnd): ((path: string) => void) | null {
  return commands.hasCommand(GO_TO)
    ? path => void commands.execute(GO_TO, { path, showBrowser: true })
    : null;
}

async function saveAll({ commands }: JupyterFrontEnd): Promise<void> {
  if (commands.hasCommand(SAVE_ALL) && commands.isEnabled(SAVE_ALL)) {
    await commands.execute(SAVE_ALL);
  }
}

async function remembered(state: IStateDB | null): Promise<Memory> {
  const found = await state?.fetch(CLOSED).catch(() => undefined);
  // What fills the workspace, and the cluster, are asked when somebody opens them.
  const closed = Array.isArray(found) ? found.map(String) : ['filling', 'cluster'];
  return { closed, remember: names => void state?.save(CLOSED, [...names]) };
}

/** The settings, now and whenever they change. Without them all stays as built. */
async function follow({ settings }: Parts, pod: Pod, panel: PodPanel): Promise<void> {
  const found = await settings?.load(PLUGIN).catch(() => undefined);
  const apply = (): void => {
    const seconds = Number(found?.composite.interval);
    pod.interval = seconds >= 5 ? seconds * 1000 : SHOWN_MS;
    panel.show_((found?.composite.sections ?? {}) as { [name: string]: unknown });
  };
  apply();
  found?.changed.connect(apply);
  panel.disposed.connect(() => found?.changed.disconnect(apply));
}
