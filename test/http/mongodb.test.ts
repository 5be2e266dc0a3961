/** What callers are told when MongoDB fails, or cannot take what they send: never 500. */
import { expect } from 'chai';
import { type Document, MongoClient } from 'mongodb';
import { type Mongod, mongodBinary, requireMongod, startMongod } from '../support/mongod.js';
import { aPatient } from '../support/resources.js';
import { type Answer, TestServer } from '../support/test-server.js';

describe('a server whose MongoDB fails', () => {
  let mongod: Mongod | undefined;
  let admin: MongoClient;
  let server: TestServer;

  const fail = async (failCommands: readonly string[], how: Document): Promise<void> => {
    const data = { failCommands, appName: 'kauri', ...how };
    await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data });
  };
  const heal = () => admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
  const total = async (): Promise<unknown> => (await server.get('/r4/Patient?_summary=count')).json['total'];
  const expectBusy = (answer: Answer): void => {
    expect(answer.status, answer.text).to.equal(503);
    expect(answer.headers.get('Retry-After')).to.equal('1');
    expect(answer.issueSummaries).to.deep.equal([{ severity: 'error', code: 'transient' }]);
    expect(answer.text).to.not.match(/127\.0\.0\.1|mongo/i);
  };

  before(async function () {
    await requireMongod(this);
    const binary = mongodBinary();
    if (binary === undefined) return this.skip();
    mongod = await startMongod(binary, { canFail: true });
    admin = new MongoClient(mongod.url('admin'));
    server = await TestServer.start({ config: { storeUrl: `${mongod.url('failing')}?serverSelectionTimeoutMS=500` } });
  });

  after(async () => {
    await server?.stop();
    await admin?.close();
    await mongod?.stop();
  });

  afterEach(heal);

  const transaction = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      { resource: aPatient(), request: { method: 'POST', url: 'Patient' } },
      { resource: aPatient(), request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=x|1' } },
    ],
  };

  for (const [title, commands, how] of [
    ['cannot be reached', ['insert', 'find', 'aggregate'], { closeConnection: true }],
    ['has no primary', ['insert', 'find', 'aggregate'], { errorCode: 10_107 }],
    ['is too slow', ['insert', 'find', 'aggregate'], { errorCode: 50 }],
    ['meets other writes all the time', ['insert'], { errorCode: 112, errorLabels: ['TransientTransactionError'] }],
    ['fails in a way that nobody knows', ['insert', 'find', 'aggregate'], { errorCode: 9_999 }],
  ] as const) {
    it(`answers 503 with Retry-After when it ${title}, and stores nothing`, async () => {
      const before = await total();
      await fail(commands, how);
      expectBusy(await server.post('/r4/Patient', aPatient()));
      expectBusy(await server.post('/r4', transaction));
      if (commands.length > 1) {
        expectBusy(await server.get('/r4/Patient/1'));
        expectBusy(await server.get('/r4/Patient'));
        expectBusy(await server.get('/r4/_history'));
      }
      await heal();
      expect(await total()).to.equal(before);
      expect((await server.post('/r4/Patient', aPatient())).status).to.equal(201);
    }).timeout(60_000);
  }

  it('is not ready while its MongoDB does not answer, without a word of where that is', async () => {
    await fail(['hello'], { errorCode: 10_107 });
    const probe = await server.get('/health/ready');
    expect(probe.status).to.equal(503);
    expect(probe.json).to.deep.equal({
      status: 'not ready',
      message: 'MongoDB does not answer: look at its members, and at the network to them',
    });
    expect((await server.get('/health/live')).status).to.equal(200);
    await heal();
    expect((await server.get('/health/ready')).status).to.equal(200);
  });

  it('answers 413, and how much may be, to a resource of more than 16 MB', async () => {
    const before = await total();
    const large = { ...aPatient(), photo: [{ contentType: 'image/png', data: 'AAAA'.repeat(4_200_000) }] };
    const answers = [
      await server.post('/r4/Patient', large),
      await server.post('/r4', { ...transaction, entry: [...transaction.entry, { ...transaction.entry[0], resource: large }] } as never),
    ];
    for (const answer of answers) {
      expect(answer.status, answer.text.slice(0, 500)).to.equal(413);
      expect(answer.issueSummaries[0]).to.include({ severity: 'error', code: 'too-long' });
      expect(answer.diagnostics).to.match(
        /^Patient\/\S+ takes \d+ bytes with its index, and the store at most 16760832 \(16 MB\): split it$/,
      );
    }
    expect(await total()).to.equal(before);
  }).timeout(60_000);
});
