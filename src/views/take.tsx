/** Take a snapshot: a name if one is wanted, a button, and what to know before relying on it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { EngineInfo } from '../contract';
import * as units from '../units';
import { Bar } from './bar';

export interface TakeProps {
  engine: EngineInfo;
  /** Why no snapshot can be taken just now; empty: it can. */
  refused: string;
  /** Resolves when the server has accepted it. */
  onTake: (name: string) => Promise<boolean>;
  trans: TranslationBundle;
}

const LONGEST_NAME = 200;

export function Take({ engine, refused, onTake, trans }: TakeProps): JSX.Element {
  const [name, setName] = React.useState('');
  const [busy, setBusy] = React.useState(false);
  const submit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const accepted = await onTake(name.trim());
    setBusy(false);
    if (accepted) {
      setName('');
    }
  };
  return (
    <form className="kfnb-Take" onSubmit={event => void submit(event)}>
      <label className="kfnb-Take-name">
        <span>{trans.__('Name (optional)')}</span>
        <input
          type="text"
          className="jp-mod-styled"
          value={name}
          maxLength={LONGEST_NAME}
          disabled={refused !== ''}
          placeholder={trans.__('before cleanup')}
          onChange={event => setName(event.target.value)}
        />
      </label>
      <button
        type="submit"
        className="jp-mod-styled jp-mod-accept"
        disabled={busy || refused !== ''}
        aria-describedby="kfnb-take-notes"
      >
        {trans.__('Take snapshot')}
      </button>
      <div id="kfnb-take-notes">
        {refused ? <p className="kfnb-Level kfnb-mod-high">{refused}</p> : null}
        {engine.note ? <p className="kfnb-Note">{engine.note}</p> : null}
      </div>
      <Space engine={engine} trans={trans} />
    </form>
  );
}

function Space({ engine, trans }: Pick<TakeProps, 'engine' | 'trans'>): JSX.Element | null {
  const { used, allowed } = engine;
  if (used === null) {
    return null;
  }
  if (allowed === null) {
    return <p className="kfnb-Note">{trans.__('Snapshots take %1.', units.bytes(used))}</p>;
  }
  const text = trans.__(
    'Snapshots take %1 of %2 allowed.',
    units.bytes(used),
    units.bytes(allowed)
  );
  return (
    <div>
      <p className="kfnb-Note">{text}</p>
      <Bar
        ratio={allowed ? used / allowed : 1}
        label={trans.__('Space for snapshots')}
        text={text}
      />
    </div>
  );
}
