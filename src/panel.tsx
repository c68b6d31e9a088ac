/**
 * The sidebar's inside: one scrolling column, a widget for each section.
 *
 * It is loaded when the sidebar is first shown, so that JupyterLab does not wait for it.
 */
import { ReactWidget, SidePanel } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Panel } from '@lumino/widgets';
import * as React from 'react';
import type { Actions } from './acts';
import type { Awake } from './awake';
import type { Away } from './away';
import { FillingPart, ShmPart } from './capacity';
import { GrowButtons, PatchNote } from './changes-part';
import type { Changes } from './changing';
import type { ClusterModel } from './cluster';
import type { Point, Status } from './contract';
import type { FillingModel } from './filling';
import type { Pod } from './pod';
import type { Snapshots } from './snapshots';
import { UsePart } from './use';
import { verdict } from './views/activity';
import { ClusterView } from './views/cluster';
import { ConnectionView } from './views/connection';
import { AdviceView } from './views/advice';
import { SiteLevels } from './views/bar';
import { type GpuActs, GpuView } from './views/gpu';
import { LimitsView } from './views/limits';
import { Section } from './views/section';
import { SnapshotsView } from './views/snapshots';
import { VolumesView } from './views/volumes';

export const SECTIONS = [
  'activity',
  'limits',
  'shm',
  'volumes',
  'filling',
  'gpu',
  'snapshots',
  'cluster'
] as const;
export type SectionName = (typeof SECTIONS)[number];

/** What remembers which sections are closed, over a reload. */
export interface Memory {
  closed: readonly string[];
  remember(closed: readonly string[]): void;
}

export interface PanelOptions {
  pod: Pod;
  snapshots: Snapshots;
  actions: Actions;
  awake: Awake;
  away?: Away;
  gpuActs?: GpuActs;
  changes?: Changes | undefined;
  filling: FillingModel;
  cluster: ClusterModel;
  memory: Memory;
  trans: TranslationBundle;
}

export class PodPanel extends SidePanel {
  constructor(private readonly options: PanelOptions) {
    super({ content: new Panel() });
    const { memory } = options;
    this.addClass('kfnb-Panel');
    this.closed = new Set(memory.closed);
    this.addWidget(new Part(() => this.connection()));
    for (const name of SECTIONS) {
      const part = new Part(() => this.section(name));
      this.sections.set(name, part);
      this.addWidget(part);
    }
    // What scrolls must be reachable by the keyboard.
    this.content.node.tabIndex = 0;
    this.content.node.setAttribute('aria-label', options.trans.__('Notebook pod'));
    for (const changed of this.signals) {
      changed.connect(this.redraw);
    }
  }

  /** Which sections are shown at all; all that are not named are. */
  show_(shown: { readonly [name: string]: unknown }): void {
    for (const [name, part] of this.sections) {
      part.setHidden(shown[name] === false);
    }
  }

  override dispose(): void {
    for (const changed of this.signals) {
      changed.disconnect(this.redraw);
    }
    super.dispose();
  }

  private get signals(): readonly ISignal<unknown, unknown>[] {
    const { pod, snapshots, actions, awake, filling, cluster, changes, away } = this.options;
    const optional = [changes, away].flatMap(one => one ?? []);
    const models = [pod, snapshots, actions, awake, filling, cluster, ...optional];
    return models.map(one => one.changed);
  }

  private readonly redraw = (): void => {
    for (const widget of this.widgets) {
      widget.update();
    }
  };

  private connection(): JSX.Element {
    const { pod, away, trans } = this.options;
    return <ConnectionView status={pod.status} error={pod.error} away={away} trans={trans} />;
  }

  private section(name: SectionName): JSX.Element | null {
    const { pod } = this.options;
    const { status, points } = pod;
    if (!status) {
      return null;
    }
    return (
      <Section
        name={name}
        title={this.titleOf(name)}
        summary={this.summary(name, status)}
        open={!this.closed.has(name)}
        onToggle={() => this.toggle(name)}
      >
        <SiteLevels.Provider value={status.levels}>
          {this.view(name, status, points)}
        </SiteLevels.Provider>
      </Section>
    );
  }

  private titleOf(name: SectionName): string {
    const { trans } = this.options;
    return {
      activity: trans.__('Use'),
      limits: trans.__('Memory and CPU'),
      shm: trans.__('Shared memory'),
      volumes: trans.__('Volumes'),
      filling: trans.__('What fills the workspace'),
      gpu: trans.__('GPUs'),
      snapshots: trans.__('Snapshots'),
      cluster: trans.__('Cluster')
    }[name];
  }

  private summary(name: SectionName, { activity, taken }: Status): string | undefined {
    return name === 'activity' && activity.kind === 'activity'
      ? verdict(activity, taken, this.options.trans)
      : undefined;
  }

  private view(name: SectionName, status: Status, points: readonly Point[]): JSX.Element {
    const { snapshots, actions, changes, trans } = this.options;
    const shared = { points, now: status.taken, trans };
    switch (name) {
      case 'activity':
        return <UsePart {...this.options} status={status} />;
      case 'limits':
        return (
          <>
            <LimitsView {...shared} limits={status.limits} />
            <AdviceView
              advice={status.advice}
              section="limits"
              fix={status.read_only || !status.notebook ? undefined : changes?.fix}
              trans={trans}
            />
            <PatchNote changes={changes} status={status} trans={trans} />
          </>
        );
      case 'shm':
        return <ShmPart {...this.options} status={status} points={points} />;
      case 'volumes':
        return (
          <>
            <VolumesView {...shared} volumes={status.volumes} />
            <AdviceView advice={status.advice} section="volumes" trans={trans} />
            <GrowButtons changes={changes} status={status} trans={trans} />
          </>
        );
      case 'filling':
        return <FillingPart {...this.options} status={status} />;
      case 'gpu':
        return (
          <GpuView
            {...shared}
            points={this.options.pod.gpuPoints}
            gpus={status.gpus}
            acts={status.read_only ? undefined : this.options.gpuActs}
          />
        );
      case 'snapshots':
        return (
          <SnapshotsView
            list={snapshots.list}
            error={snapshots.error}
            failure={actions.failure}
            status={status}
            verification={id => snapshots.verification(id)}
            acts={actions}
            trans={trans}
          />
        );
      case 'cluster': {
        const { found, failure, asking, open, refresh } = this.options.cluster;
        const { release } = actions;
        return <ClusterView {...shared} {...{ found, failure, asking, open, refresh, release }} />;
      }
    }
  }

  private toggle(name: SectionName): void {
    if (!this.closed.delete(name)) {
      this.closed.add(name);
    }
    this.options.memory.remember([...this.closed]);
    this.sections.get(name)?.update();
  }

  private readonly closed: Set<string>;
  private readonly sections = new Map<SectionName, Part>();
}

/** One widget, drawn by a function: an update of one does not touch the others. */
class Part extends ReactWidget {
  constructor(private readonly draw: () => JSX.Element | null) {
    super();
  }

  protected override render(): JSX.Element | null {
    return this.draw();
  }
}
