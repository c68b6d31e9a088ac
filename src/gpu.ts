/** What a person does with what holds a GPU, with the question that comes before. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { asApiError, type Client } from './client';
import type { GpuProcess } from './contract';
import type { GpuActs } from './views/gpu';

export class GpuActions implements GpuActs {
  constructor(
    private readonly client: Pick<Client, 'endGpuProcess'>,
    private readonly refresh: () => void,
    private readonly trans: TranslationBundle
  ) {}

  end = (process: GpuProcess): void => {
    void this.ask(process, false);
  };

  private async ask(process: GpuProcess, force: boolean): Promise<void> {
    const { trans } = this;
    const { button } = await showDialog({
      title: trans.__('End process %1?', process.pid),
      body: force
        ? trans.__('%1 did not end when it was asked to. Kill it?', process.command)
        : trans.__('%1 holds a GPU and belongs to no kernel or terminal.', process.command),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.warnButton({ label: force ? trans.__('Kill') : trans.__('End') })
      ],
      defaultButton: 0
    });
    if (!button.accept) {
      return;
    }
    const { pid, start_ticks } = process;
    try {
      const { ended } = await this.client.endGpuProcess({ pid, start_ticks, force });
      this.refresh();
      if (!ended && !force) {
        await this.ask(process, true);
      }
    } catch (error) {
      const { message, hint } = asApiError(error);
      await showDialog({
        title: trans.__('It was not ended'),
        body: `${message} ${hint}`,
        buttons: [Dialog.okButton({ label: trans.__('OK') })]
      });
    }
  }
}
