/**
 * The item of the status bar: memory against its limit, and the fullest volume.
 *
 * Rule: it asks nothing. What it shows comes over the event bus that JupyterLab listens to anyway.
 */
import type { Event } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { percent } from './units';

export const GLANCE = 'https://notebooks.kfnb.dev/events/glance/v1';

interface Figures {
  memory: number | null;
  volume: number | null;
  mount: string;
  level: 'good' | 'warning' | 'alarm';
}

export class Glance extends Widget {
  constructor(
    private readonly trans: TranslationBundle,
    open: () => void
  ) {
    super();
    this.addClass('kfnb-Glance');
    this.button.type = 'button';
    this.button.addEventListener('click', open);
    this.node.append(this.button);
    this.hide();
  }

  /** What the event bus delivers. */
  receive(event: Event.Emission): void {
    if (event.schema_id === GLANCE) {
      this.show_(event as unknown as Figures);
    }
  }

  private show_({ memory, volume, mount, level }: Figures): void {
    const { trans, button } = this;
    const parts = [
      memory === null ? '' : trans.__('Memory %1', percent(memory)),
      volume === null ? '' : trans.__('Disk %1', percent(volume))
    ].filter(Boolean);
    const said = {
      good: '',
      warning: trans.__('Little is left.'),
      alarm: trans.__('Almost nothing is left.')
    }[level];
    const where = volume === null ? '' : trans.__('The fullest volume is %1.', mount);
    button.textContent = parts.join(' · ');
    button.title = [said, where, trans.__('Show the notebook pod.')].filter(Boolean).join(' ');
    button.className = `kfnb-mod-${level}`;
    this.setHidden(parts.length === 0);
  }

  private readonly button = document.createElement('button');
}
