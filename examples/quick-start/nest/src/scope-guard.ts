/** A Nest guard with a rule of its own, as on the page docs/frameworks.md. */
import { HttpException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Gate, Rule } from '@scopegate/core';
import { attachAuth, fromNodeRequest } from '@scopegate/core/node';
import type { Request, Response } from 'express';

export class ScopeGuard<S extends string> implements CanActivate {
  readonly #route;

  constructor(gate: Gate<S>, rule: Rule<S>) {
    this.#route = gate.route(rule);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const view = fromNodeRequest(http.getRequest<Request>());
    const decision = await this.#route.check(view.gateRequest);
    for (const [name, value] of decision.headers)
      http.getResponse<Response>().setHeader(name, value);
    if (!decision.allowed) {
      throw new HttpException(JSON.parse(decision.body) as object, decision.status);
    }
    attachAuth(http.getRequest<Request>(), view, decision);
    return true;
  }
}
