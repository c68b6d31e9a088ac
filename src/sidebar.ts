/**
 * The sidebar's outside: what JupyterLab holds from its start on. It is almost nothing.
 *
 * Rule: it asks nothing and loads nothing before somebody looks at it or uses a command.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';
import type { Core } from './core';
import { podIcon } from './icon';

export class Sidebar extends Widget {
  constructor(
    private readonly load: () => Promise<Core>,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.id = 'kfnb-ext-sidebar';
    this.addClass('kfnb-Sidebar');
    this.title.icon = podIcon;
    this.title.caption = trans.__('Notebook pod');
    this.layout = new PanelLayout();
  }

  /** The working parts; they are loaded once, and again if that has failed. */
  core(): Promise<Core> {
    this.loading ??= this.load().then(
      core => this.furnish(core),
      (error: unknown) => {
        this.loading = null;
        throw error;
      }
    );
    return this.loading;
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.look();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.look();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.look();
  }

  protected override onBeforeDetach(message: Message): void {
    super.onBeforeDetach(message);
    void this.loading?.then(core => core.look(false));
  }

  /** Tells the working parts whether anybody looks; the first look brings them. */
  private look(): void {
    if (this.isVisible || this.loading) {
      this.core().then(
        core => core.look(this.isVisible),
        (error: unknown) => this.tell(error)
      );
    }
  }

  private furnish(core: Core): Core {
    this.node.textContent = '';
    (this.layout as PanelLayout).addWidget(core.panel);
    return core;
  }

  private tell(error: unknown): void {
    console.error('kfnb-ext: the sidebar could not be loaded', error);
    this.node.textContent = this.trans.__(
      'The sidebar could not be loaded. Show it again, or reload the page.'
    );
  }

  private loading: Promise<Core> | null = null;
}
