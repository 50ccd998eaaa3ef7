import {
  DeviceTokenResponse,
  EnlistmentTokenResponse,
  OptInResponse,
  RegisterDeviceResponse,
} from '@causeway/contracts/accounts';
import type { DeletionReport, EnlistmentReport, OptInRequest } from '@causeway/contracts/accounts';
import type { z } from 'zod';
import type { HttpClient } from './http-client.js';

/** What accounts answers to a registration. */
export type RegisteredDevice = z.infer<typeof RegisterDeviceResponse>;

/** Client of the accounts service: the device and its opt-in to one gatekeeper. */
export class AccountsClient {
  constructor(
    private readonly http: HttpClient,
    private readonly base: string,
  ) {}

  /** Registers an installation of the app. @throws ApiError */
  register(name: string | undefined): Promise<RegisteredDevice> {
    const body = name === undefined ? {} : { name };
    return this.http.call({
      method: 'POST',
      url: `${this.base}/v1/devices`,
      body,
      answer: RegisterDeviceResponse,
    });
  }

  /** Gives consent, which starts the enlistment. @throws ApiError */
  optIn(deviceId: string, gatekeeper: string, consent: OptInRequest): Promise<OptInResponse> {
    return this.http.call({
      method: 'PUT',
      url: this.optInUrl(deviceId, gatekeeper),
      body: consent,
      answer: OptInResponse,
    });
  }

  /** @throws ApiError */
  optInState(deviceId: string, gatekeeper: string): Promise<OptInResponse> {
    return this.http.call({ method: 'GET', url: this.optInUrl(deviceId, gatekeeper), answer: OptInResponse });
  }

  /** Withdraws consent, which starts the deletion. @throws ApiError */
  optOut(deviceId: string, gatekeeper: string): Promise<OptInResponse> {
    return this.http.call({
      method: 'DELETE',
      url: this.optInUrl(deviceId, gatekeeper),
      answer: OptInResponse,
    });
  }

  /** What it takes to post the gatekeeper's enlistment form. @throws ApiError */
  enlistmentToken(deviceId: string, gatekeeper: string): Promise<EnlistmentTokenResponse> {
    const url = `${this.optInUrl(deviceId, gatekeeper)}/enlistment`;
    return this.http.call({ method: 'POST', url, answer: EnlistmentTokenResponse });
  }

  /** Hands on the gatekeeper's answer to the form. @throws ApiError */
  reportEnlistment(deviceId: string, gatekeeper: string, body: EnlistmentReport): Promise<OptInResponse> {
    const url = `${this.optInUrl(deviceId, gatekeeper)}/enlistment`;
    return this.http.call({ method: 'PUT', url, body, answer: OptInResponse });
  }

  /** A token with which the device logs in by itself. @throws ApiError */
  ownToken(
    deviceId: string,
    gatekeeper: string,
    purpose: 'login' | 'deletion',
  ): Promise<DeviceTokenResponse> {
    const url = `${this.optInUrl(deviceId, gatekeeper)}/tokens`;
    return this.http.call({ method: 'POST', url, body: { purpose }, answer: DeviceTokenResponse });
  }

  /** Says how the gatekeeper answered the request for the deletion. @throws ApiError */
  reportDeletion(
    deviceId: string,
    gatekeeper: string,
    outcome: DeletionReport['outcome'],
  ): Promise<OptInResponse> {
    const url = `${this.optInUrl(deviceId, gatekeeper)}/deletion`;
    return this.http.call({ method: 'PUT', url, body: { outcome }, answer: OptInResponse });
  }

  private optInUrl(deviceId: string, gatekeeper: string): string {
    return `${this.base}/v1/devices/${deviceId}/opt-ins/${gatekeeper}`;
  }
}
