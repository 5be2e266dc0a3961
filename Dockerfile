# Two stages: the first compiles and builds the definitions index, the second holds what runs.
FROM node:20-bookworm AS build
WORKDIR /kauri
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm ci && npm prune --omit=dev

FROM node:20-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 KAURI_STORE_URL=sqlite:/data/kauri.db
WORKDIR /kauri
COPY --from=build /kauri/node_modules node_modules
COPY --from=build /kauri/dist dist
COPY package.json ./
COPY profiles profiles
COPY schemas schemas
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "require(process.env.KAURI_TLS_CERT_FILE ? 'https' : 'http').get({ host: '127.0.0.1', port: 8080, path: '/health/ready', rejectUnauthorized: false }, (r) => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
CMD ["node", "dist/main.js"]
