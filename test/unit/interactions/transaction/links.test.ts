import { expect } from 'chai';
import { isJsonObject, type JsonObject, parseJson } from '../../../../src/fhir/json.js';
import { BundleText, EntryDocument } from '../../../../src/interactions/transaction/entry-document.js';
import { LinkMap, replaceLinks } from '../../../../src/interactions/transaction/links.js';
import type { Api } from '../../../../src/services.js';
import { TestApi } from '../../../support/test-api.js';

const PATIENT = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a';
const ENCOUNTER = 'urn:uuid:Encounter-temporary-id';
const RESTFUL = 'http://example.org/fhir/Encounter/1001';

describe('links between entries', () => {
  let api: Api;
  let links: LinkMap;

  before(async () => {
    ({ api } = await TestApi.open('r4'));
    links = new LinkMap();
    links.add(PATIENT, 'Patient/new-patient');
    links.add(ENCOUNTER, 'Encounter/new-encounter');
    links.add(RESTFUL, 'Encounter/new-restful');
    links.add('urn:uuid:q', 'Questionnaire/new-questionnaire');
    links.add('http://example.org/fhir/Binary/1?a=1&b=2', 'Binary/new-binary');
  });

  function linked(resource: JsonObject | string, fullUrl?: string): EntryDocument {
    const text = typeof resource === 'string' ? resource : JSON.stringify(resource);
    const value = JSON.parse(text) as JsonObject;
    const document = new EntryDocument(new BundleText(parseJson(text)), { start: 0, end: text.length }, value, [], 200);
    const conditional = new Map([['Patient?identifier=1', 'Patient/found']]);
    replaceLinks(document, fullUrl, { links, deadEnds: new LinkMap(), conditional }, api.conformance);
    // value and text say the same
    expect(JSON.parse(document.text)).to.deep.equal(document.value);
    return document;
  }

  const subjectOf = (reference: string, fullUrl?: string): unknown => {
    const { subject } = linked({ resourceType: 'Observation', subject: { reference } }, fullUrl).value;
    return isJsonObject(subject) ? subject['reference'] : undefined;
  };

  it('are full URLs of any form, ids that are no UUIDs among them', () => {
    expect(subjectOf(PATIENT)).to.equal('Patient/new-patient');
    expect(subjectOf(ENCOUNTER)).to.equal('Encounter/new-encounter');
    expect(subjectOf(RESTFUL)).to.equal('Encounter/new-restful');
    expect(subjectOf(`${RESTFUL}/_history/3`)).to.equal('Encounter/new-restful');
    expect(subjectOf(`${PATIENT}#part`)).to.equal('Patient/new-patient#part');
    expect(subjectOf('Patient?identifier=1')).to.equal('Patient/found');
  });

  it('are relative references by the base of the entry that holds them, and by nothing else', () => {
    expect(subjectOf('Encounter/1001', 'http://example.org/fhir/Observation/5')).to.equal('Encounter/new-restful');
    expect(subjectOf('Encounter/1001/_history/2', 'http://example.org/fhir/Observation/5')).to.equal('Encounter/new-restful');
    expect(subjectOf('Encounter/1001', 'http://other.example/fhir/Observation/5')).to.equal('Encounter/1001');
    expect(subjectOf('Encounter/1001', 'urn:uuid:o')).to.equal('Encounter/1001');
    expect(subjectOf('Encounter/1001')).to.equal('Encounter/1001');
  });

  it('leave alone names that lead nowhere: a url of a definition or an extension, a system, a claimed profile', () => {
    const extension = [{ url: RESTFUL, valueAttachment: { url: RESTFUL } }];
    const valueSet = {
      resourceType: 'ValueSet',
      meta: { profile: [RESTFUL] },
      extension,
      url: RESTFUL,
      identifier: [{ system: RESTFUL, value: '1' }],
      status: 'active',
      compose: { include: [{ system: RESTFUL }, { valueSet: [RESTFUL] }] },
    };
    const { value } = linked(valueSet);
    const target = 'Encounter/new-restful';
    expect(value).to.deep.equal({
      ...valueSet,
      extension: [{ url: RESTFUL, valueAttachment: { url: target } }],
      compose: { include: [{ system: RESTFUL }, { valueSet: [target] }] },
    });
  });

  it('leave alone what means no entry', () => {
    for (const text of ['Patient/1', 'urn:uuid:unknown', '#p', 'http://example.org/fhir/Encounter/1002', 'nonsense', '']) {
      expect(subjectOf(text, RESTFUL), text).to.equal(text);
    }
  });

  it('stand in contained resources, extensions and companions too', () => {
    const { value } = linked({
      resourceType: 'Observation',
      contained: [{ resourceType: 'Specimen', id: 's', subject: { reference: PATIENT } }],
      extension: [{ url: 'http://example.org/a', valueReference: { reference: PATIENT } }],
      _issued: { extension: [{ url: 'http://example.org/b', valueUri: PATIENT }] },
      performer: [{ display: 'x' }, { reference: PATIENT }],
    });
    expect(JSON.stringify(value)).to.not.include('urn:uuid');
    expect(JSON.stringify(value).match(/Patient\/new-patient/g)).to.have.length(4);
  });

  it('are values of type uri, url and canonical as a whole, and no other strings', () => {
    const { value } = linked({
      resourceType: 'DocumentReference',
      identifier: [{ system: 'urn:ietf:rfc:3986', value: PATIENT }],
      masterIdentifier: { system: PATIENT, value: 'x' },
      description: PATIENT,
      content: [{ attachment: { url: 'http://example.org/fhir/Binary/1?a=1&b=2', title: PATIENT } }],
    });
    expect(value).to.deep.equal({
      resourceType: 'DocumentReference',
      identifier: [{ system: 'urn:ietf:rfc:3986', value: PATIENT }],
      masterIdentifier: { system: 'Patient/new-patient', value: 'x' },
      description: PATIENT,
      content: [{ attachment: { url: 'Binary/new-binary', title: PATIENT } }],
    });
    expect(linked({ resourceType: 'QuestionnaireResponse', questionnaire: 'urn:uuid:q' }).value['questionnaire']).to.equal(
      'Questionnaire/new-questionnaire',
    );
    const part = { resourceType: 'QuestionnaireResponse', questionnaire: 'urn:uuid:q-other' };
    expect(linked(part).value).to.deep.equal(part);
  });

  it('leave alone elements of type uuid and oid, which cannot hold what stands for an entry', () => {
    const extension = [
      { url: 'http://example.org/a', valueUuid: PATIENT },
      { url: 'http://example.org/b', valueOid: 'urn:oid:1.2.3' },
    ];
    links.add('urn:oid:1.2.3', 'Patient/new-oid');
    expect(linked({ resourceType: 'Patient', extension }).value['extension']).to.deep.equal(extension);
  });

  it('are href, src and id in the narrative', () => {
    const div =
      `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${PATIENT}">a</a> <img src='${ENCOUNTER}'/> <a name="x" href = "Encounter/1001">b</a>` +
      `<a href="http://example.org/fhir/Binary/1?a=1&amp;b=2">c</a><p title="${PATIENT}">${PATIENT}</p><a href="#p">d</a></div>`;
    const { value } = linked({ resourceType: 'Patient', text: { status: 'generated', div } }, 'http://example.org/fhir/Patient/1');
    expect((value['text'] as JsonObject)['div']).to.equal(
      `<div xmlns="http://www.w3.org/1999/xhtml"><a href="Patient/new-patient">a</a> <img src='Encounter/new-encounter'/> ` +
        `<a name="x" href = "Encounter/new-restful">b</a><a href="Binary/new-binary">c</a><p title="${PATIENT}">${PATIENT}</p>` +
        '<a href="#p">d</a></div>',
    );
  });

  it('stand in the resources of Parameters too', () => {
    const inner = { name: 'x', resource: { resourceType: 'Observation', subject: { reference: PATIENT } } };
    const { value } = linked({ resourceType: 'Parameters', parameter: [{ name: 'outer', part: [inner] }, inner] });
    expect(JSON.stringify(value).match(/Patient\/new-patient/g)).to.have.length(2);
    expect(JSON.stringify(value)).to.not.include('urn:uuid');
  });

  describe('in a Bundle that is stored as such', () => {
    const aDocument = (...entry: JsonObject[]): JsonObject => ({ resourceType: 'Bundle', type: 'document', entry });
    const anObservationOf = (reference: string): JsonObject => ({
      resourceType: 'Observation',
      text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${reference}">x</a></div>` },
      extension: [{ url: 'http://example.org/a', valueUri: reference }],
      subject: { reference },
    });

    it('stay where one of its own entries answers them, and the full URLs of its entries stay too', () => {
      const own = { fullUrl: PATIENT, resource: { resourceType: 'Patient' } };
      const bundle = aDocument(own, { fullUrl: 'urn:uuid:o', resource: anObservationOf(PATIENT) });
      expect(linked(bundle).value).to.deep.equal(bundle);
      const inParameters = { resourceType: 'Parameters', parameter: [{ name: 'x', resource: bundle }] };
      expect(linked(inParameters).value).to.deep.equal(inParameters);
    });

    it('are resolved where only an entry of the transaction answers them', () => {
      const { value } = linked(aDocument({ fullUrl: 'urn:uuid:o', resource: anObservationOf(PATIENT) }));
      expect(value).to.deep.equal(aDocument({ fullUrl: 'urn:uuid:o', resource: anObservationOf('Patient/new-patient') }));
      const searched = linked(aDocument({ resource: anObservationOf('Patient?identifier=1') })).value;
      expect(JSON.stringify(searched)).to.include('"subject":{"reference":"Patient/found"}');
    });

    it('are relative to the entry that holds them, in the innermost Bundle', () => {
      const entry = (fullUrl: string): JsonObject => ({ fullUrl, resource: anObservationOf('Encounter/1001') });
      const [inside, outside] = [aDocument(entry('http://example.org/fhir/Observation/5')), aDocument(entry('urn:uuid:o'))];
      expect(JSON.stringify(linked(inside).value)).to.include('"subject":{"reference":"Encounter/new-restful"}');
      expect(linked(outside, 'http://example.org/fhir/Bundle/1').value).to.deep.equal(outside);
      const own = aDocument(entry('http://example.org/fhir/Observation/5'), { fullUrl: RESTFUL, resource: { resourceType: 'Encounter' } });
      expect(linked(own).value).to.deep.equal(own);
    });
  });

  it('change nothing else of the text', () => {
    const text = `{ "resourceType":"Observation",\n "valueQuantity" : {"value": 1.50},  "subject":{"reference" : "${PATIENT}"} , "status":"final"}`;
    expect(linked(text).text).to.equal(text.replace(PATIENT, 'Patient/new-patient'));
  });
});
