import { toNodeHandler } from '@modelcontextprotocol/node';
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { authOf, protect, resourceMetadata } from '@scopegate/express';
import { exportNotes, mcp } from '@scopegate/example-notes'; // yours
import type { Request } from 'express';
import { PORT, gate } from './gate.js';
import { ScopeGuard } from './scope-guard.js';

@Controller('export')
class ExportController {
  @Get()
  @UseGuards(new ScopeGuard(gate, 'notes:read')) // by route
  export(@Req() req: Request): object {
    return exportNotes(authOf(gate, req).subject);
  }
}

@Module({ controllers: [ExportController] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.use(resourceMetadata(gate)); // /.well-known/..., never guarded
app.use('/mcp', protect(gate), toNodeHandler(mcp)); // by tool; tools find authInfo
await app.listen(Number(PORT));
console.log(`http://localhost:${PORT}/mcp`);
