/** Which kind of snapshot: what each holds and what it survives, in plain words. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { EngineInfo } from '../contract';

export interface KindsProps {
  engines: readonly EngineInfo[];
  chosen: string;
  onChoose: (engine: string) => void;
  trans: TranslationBundle;
}

export function Kinds({ engines, chosen, onChoose, trans }: KindsProps): JSX.Element {
  return (
    <fieldset className="kfnb-Kinds">
      <legend className="kfnb-sr-only">{trans.__('Kind of snapshot')}</legend>
      {engines.map(({ engine, available }) => (
        <label key={engine} className="kfnb-Kind">
          <input
            type="radio"
            name="kfnb-kind"
            value={engine}
            checked={engine === chosen}
            onChange={() => onChoose(engine)}
          />
          <span>
            <b>{kind(engine, trans)}</b>
            {available ? '' : ` (${trans.__('not available')})`}
            <span className="kfnb-Kind-about">{about(engine, trans)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** What a person calls the snapshots of an engine. */
export function kind(engine: string, trans: TranslationBundle): string {
  switch (engine) {
    case 'local':
      return trans.__('Folder snapshot');
    case 'csi':
      return trans.__('Volume snapshot');
    default:
      return engine;
  }
}

function about(engine: string, trans: TranslationBundle): string {
  switch (engine) {
    case 'local':
      return trans.__(
        'The files of the workspace, kept on the same volume. Single files come back at once. ' +
          'Lost together with the volume.'
      );
    case 'csi':
      return trans.__(
        'All volumes whole, kept by the cluster. Survives the loss of the notebook and its ' +
          'volumes. Restoring restarts the notebook.'
      );
    default:
      return '';
  }
}
