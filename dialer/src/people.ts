/** What the server knows about the user: phones, numbers to show, balance. */

import { ACCOUNT, change, get, remove, USER } from './api';
import { show } from './numbers';

export interface Phone {
  id: string;
  phoneNumber: string; // '' = a phone that registers with the server
  label: string;
  type: string;
  default: boolean;
  device?: { id: string };
}

/** How several phones ring, in RingCentral's words. */
export type RingingMode = 'Simultaneously' | 'Sequentially';
const MOST_RINGING = 10; // in one call

export interface CallerId {
  type?: 'PhoneNumber' | 'Blocked' | 'CurrentLocation';
  phoneInfo?: { id?: string; phoneNumber?: string };
}

interface Extension {
  name: string;
  extensionNumber: string;
  regionalSettings: { homeCountry: { id: string; isoCode: string } };
}

interface OwnNumber {
  id: number;
  phoneNumber: string;
  usageType: string;
  label?: string;
  features: string[];
}

export interface Balance {
  prepaid: boolean;
  available: number;
}

interface CallerIds {
  byFeature: { feature: string; callerId: CallerId }[];
}

interface List<T> {
  records: T[];
}

export class User {
  name = '';
  extension = '';
  country = 'US';
  countryId = '1';
  phones: Phone[] = [];
  numbers: OwnNumber[] = [];
  callerId: CallerId = {};
  balance: Balance | null = null;

  /** Everything at once. Throws as `api.send`. */
  async load(): Promise<void> {
    const [me] = await Promise.all([
      get<Extension>(USER),
      this.loadPhones(),
      this.loadNumbers(),
      this.loadCallerId(),
      this.loadBalance(),
    ]);
    this.name = me.name;
    this.extension = me.extensionNumber;
    const { homeCountry } = me.regionalSettings;
    [this.country, this.countryId] = [homeCountry.isoCode, homeCountry.id];
  }

  async loadPhones(): Promise<void> {
    const { records } = await get<List<Phone>>(`${USER}/forwarding-number?perPage=100`);
    this.phones = records.map((phone) => ({ ...phone, phoneNumber: (phone.phoneNumber as string | undefined) ?? '' }));
  }

  async loadNumbers(): Promise<void> {
    this.numbers = (await get<List<OwnNumber>>(`${USER}/phone-number?perPage=100`)).records;
  }

  async loadCallerId(): Promise<void> {
    this.callerId = ringOutsOf(await get<CallerIds>(`${USER}/caller-id`));
  }

  async loadBalance(): Promise<void> {
    this.balance = await get<Balance>(`${ACCOUNT}/balance`);
  }

  async showAs(callerId: CallerId): Promise<void> {
    const body = { byFeature: [{ feature: 'RingOut', callerId }] };
    this.callerId = ringOutsOf(await change<CallerIds>('PUT', `${USER}/caller-id`, body));
  }

  async addPhone(phone: { phoneNumber: string; label?: string; type: string }): Promise<Phone> {
    const made = await change<Phone>('POST', `${USER}/forwarding-number`, phone);
    await this.loadPhones();
    return made;
  }

  async changePhone(id: string, changed: Partial<Phone>): Promise<void> {
    await change('PUT', `${USER}/forwarding-number/${id}`, changed);
    await this.loadPhones();
  }

  async removePhone(id: string): Promise<void> {
    await remove(`${USER}/forwarding-number/${id}`);
    await this.loadPhones();
  }

  /** From now on all of the phones ring when the user is rung by the extension number. */
  async ringAll(ringingMode: RingingMode): Promise<void> {
    const rules = this.phones
      .slice(0, MOST_RINGING)
      .map(({ id }, place) => ({ index: place + 1, forwardingNumbers: [{ id }] }));
    await change('PUT', `${USER}/answering-rule/business-hours-rule`, { forwarding: { ringingMode, rules } });
  }

  get default(): Phone | undefined {
    return this.phones.find((phone) => phone.default) ?? this.phones[0];
  }

  get main(): string {
    return this.numbers.find((number) => number.usageType === 'MainCompanyNumber')?.phoneNumber ?? '';
  }

  /** What the user may have shown to others. */
  get shown(): OwnNumber[] {
    return this.numbers.filter((number) => number.features.includes('CallerId'));
  }

  /** The phone's name, and how it is reached where that says more. */
  named(phone: Phone): { label: string; address: string } {
    const address = phone.phoneNumber.startsWith('sip') ? phone.phoneNumber : show(phone.phoneNumber, this.country);
    return { label: phone.label === phone.phoneNumber ? '' : phone.label, address };
  }

  /** What the user calls the phone with that number, '' = nothing but its number. */
  label(number: string): string {
    const phone = this.phones.find((one) => one.phoneNumber === number);
    return phone && phone.label !== phone.phoneNumber ? phone.label : '';
  }
}

function ringOutsOf(settings: CallerIds): CallerId {
  return settings.byFeature.find((one) => one.feature === 'RingOut')?.callerId ?? {};
}
