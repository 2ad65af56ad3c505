{{/* Environment of a service: dict "root" $ "stage" "edge" "values" its values. */}}
{{- define "parley.env" -}}
{{- $values := .root.Values -}}
{{- $given := include "parley.givenSettings" . | fromJson -}}
{{- $set := dict
      "PARLEY_LOG_FORMAT" "json"
      "PARLEY_HTTP_HOST" $values.listenHost
      "PARLEY_MAX_CALLS" .values.callsPerPod
      "PARLEY_DRAIN_TIMEOUT_S" $values.drainTimeoutSeconds
      "PARLEY_NATS_REPLICAS" (ternary 1 $values.nats.replicas $values.trial.enabled)
      "PARLEY_AUDIO_STREAM_MAX_BYTES" $values.nats.streams.audioMaxBytes
      "PARLEY_CALLS_STREAM_MAX_BYTES" $values.nats.streams.callsMaxBytes
      "PARLEY_CALLS_STREAM_MAX_AGE_S" $values.nats.streams.callsMaxAgeSeconds
      "PARLEY_AGENT" $values.agents.default -}}
{{- with $values.monitoring.otlpEndpoint }}{{ $_ := set $set "OTEL_EXPORTER_OTLP_ENDPOINT" . }}{{ end -}}
{{- if include "parley.agentsConfigMap" .root }}{{ $_ := set $set "PARLEY_AGENTS_DIR" "/agents" }}{{ end -}}
{{- include "parley.stageEnv" (dict "root" .root "stage" .stage "set" $set) -}}
{{- include "parley.natsEnv" (dict "root" .root "set" $set) -}}
{{- $secret := include "parley.secretNames" . | fromJsonArray -}}
{{- range $name := keys $given | sortAlpha }}
{{- if hasKey $set $name }}
{{- fail (printf "settings: %s is set by the chart; use its own value (see values.yaml)" $name) }}
{{- end }}
{{- if has $name $secret }}
{{- fail (printf "settings: %s comes from the Secret (secrets.existingSecret)" $name) }}
{{- end }}
- { name: {{ $name }}, value: {{ include "parley.text" (index $given $name) | quote }} }
{{- end }}
{{- if eq .stage "edge" }}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
{{- end }}
{{- range $name := keys $set | sortAlpha }}
- { name: {{ $name }}, value: {{ include "parley.text" (index $set $name) | quote }} }
{{- end }}
{{- include "parley.secretEnv" . }}
{{- with .values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The operator's settings for a stage, as JSON: its own, and those of all services that it has. A service ignores an
unknown variable, so a misspelt one is refused here. */}}
{{- define "parley.givenSettings" -}}
{{- $stage := .stage -}}
{{- $supported := .root.Files.Get "files/settings.json" | fromJson -}}
{{- $all := list -}}
{{- range $names := values $supported }}{{ $all = concat $all $names }}{{ end -}}
{{- $given := dict -}}
{{- range $name, $value := .root.Values.settings }}
{{- $own := or (not (hasPrefix "PARLEY_" $name)) (has $name (index $supported $stage)) -}}
{{- if $own }}{{ $_ := set $given $name $value }}
{{- else if not (has $name $all) }}{{ fail (printf "settings: no service has a setting %s (docs/settings.md)" $name) }}
{{- end }}
{{- end }}
{{- range $name, $value := .values.settings }}
{{- if and (hasPrefix "PARLEY_" $name) (not (has $name (index $supported $stage))) }}
{{- fail (printf "%s.settings: %s has no setting %s (docs/settings.md)" $stage $stage $name) }}
{{- end }}
{{- $_ := set $given $name $value }}
{{- end }}
{{- toJson $given -}}
{{- end -}}

{{/* Whole numbers without an exponent, which YAML gives large ones. */}}
{{- define "parley.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* Adds the stage's own variables to "set". */}}
{{- define "parley.stageEnv" -}}
{{- $set := .set -}}
{{- $values := .root.Values -}}
{{- $sandbox := printf "http://%s-sandbox.%s.svc" (include "parley.fullname" .root) .root.Release.Namespace -}}
{{- $emulated := $values.trial.sandbox -}}
{{- if eq .stage "edge" }}
{{- $_ := set $set "PARLEY_EDGE_PORT" (include "parley.edgePort" .) -}}
{{- $_ := set $set "PARLEY_EDGE_METRICS_PORT" (include "parley.metricsPort" "edge") -}}
{{- $_ := set $set "PARLEY_PUBLIC_URL" (include "parley.publicUrl" .root) -}}
{{- $_ := set $set "PARLEY_SYSTEM_ID" (sha256sum (printf "%s/%s" .root.Release.Namespace .root.Release.Name) | trunc 16) -}}
{{- with include "parley.directUrl" .root }}{{ $_ := set $set "PARLEY_EDGE_DIRECT_URL" . }}{{ end -}}
{{- if $emulated }}
{{- $_ := set $set "PARLEY_TWILIO_URL" (printf "%s:9001" $sandbox) -}}
{{- $_ := set $set "TWILIO_ACCOUNT_SID" "AC5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a" -}}
{{- $_ := set $set "TWILIO_AUTH_TOKEN" "sandbox" -}}
{{- end }}
{{- else }}
{{- $_ := set $set (printf "PARLEY_%s_PORT" (upper .stage)) (include "parley.metricsPort" .stage) -}}
{{- end }}
{{- if and $emulated (eq .stage "stt") }}
{{- $_ := set $set "PARLEY_DEEPGRAM_URL" (printf "%s:9002" $sandbox) -}}
{{- $_ := set $set "DEEPGRAM_API_KEY" "sandbox" -}}
{{- $_ := set $set "PARLEY_ASSEMBLYAI_URL" (printf "%s:9002/assemblyai" $sandbox) -}}
{{- $_ := set $set "ASSEMBLYAI_API_KEY" "sandbox" -}}
{{- $_ := set $set "PARLEY_ELEVENLABS_URL" (printf "%s:9004" $sandbox) -}}
{{- $_ := set $set "ELEVENLABS_API_KEY" "sandbox" -}}
{{- $_ := set $set "OPENAI_BASE_URL" (printf "%s:9003/v1" $sandbox) -}}
{{- $_ := set $set "OPENAI_API_KEY" "sandbox" -}}
{{- else if and $emulated (eq .stage "brain") }}
{{- $_ := set $set "OPENAI_BASE_URL" (printf "%s:9003/v1" $sandbox) -}}
{{- $_ := set $set "OPENAI_API_KEY" "sandbox" -}}
{{- $_ := set $set "ANTHROPIC_BASE_URL" (printf "%s:9003/anthropic" $sandbox) -}}
{{- $_ := set $set "ANTHROPIC_API_KEY" "sandbox" -}}
{{- $_ := set $set "GEMINI_BASE_URL" (printf "%s:9003/gemini" $sandbox) -}}
{{- $_ := set $set "GEMINI_API_KEY" "sandbox" -}}
{{- else if and $emulated (eq .stage "tts") }}
{{- $_ := set $set "PARLEY_ELEVENLABS_URL" (printf "%s:9004" $sandbox) -}}
{{- $_ := set $set "ELEVENLABS_API_KEY" "sandbox" -}}
{{- $_ := set $set "PARLEY_DEEPGRAM_URL" (printf "%s:9002" $sandbox) -}}
{{- $_ := set $set "DEEPGRAM_API_KEY" "sandbox" -}}
{{- $_ := set $set "PARLEY_POLLY_URL" (printf "%s:9004/polly" $sandbox) -}}
{{- $_ := set $set "PARLEY_POLLY_REGION" "us-east-1" -}}
{{- $_ := set $set "PARLEY_POLLY_ACCESS_KEY_ID" "sandbox" -}}
{{- $_ := set $set "PARLEY_POLLY_SECRET_ACCESS_KEY" "sandbox" -}}
{{- $_ := set $set "PARLEY_CARTESIA_URL" (printf "%s:9004/cartesia" $sandbox) -}}
{{- $_ := set $set "CARTESIA_API_KEY" "sandbox" -}}
{{- else if eq .stage "recorder" }}
{{- $_ := set $set "PARLEY_RECORDINGS_URL" $values.recordings.url -}}
{{- end }}
{{- end -}}

{{- define "parley.directUrl" -}}
{{- $kind := include "parley.direct" . -}}
{{- if eq $kind "path" -}}
{{ include "parley.publicUrl" . }}/edge/$(POD_NAME)
{{- else if eq $kind "host" -}}
{{ (urlParse (include "parley.publicUrl" .)).scheme }}://$(POD_NAME).{{ .Values.ingress.direct.domain }}
{{- else if eq $kind "cluster" -}}
http://$(POD_NAME).{{ include "parley.fullname" . }}-edge-pods.{{ .Release.Namespace }}.svc:{{ include "parley.edgePort" . }}
{{- end -}}
{{- end -}}

{{/* Adds the connection to NATS to "set", except for an address with a password. */}}
{{- define "parley.natsEnv" -}}
{{- $set := .set -}}
{{- $nats := .root.Values.nats -}}
{{- if .root.Values.trial.enabled }}
{{- $_ := set $set "PARLEY_NATS_URL" (printf "nats://%s-trial-nats.%s.svc:4222" (include "parley.fullname" .root) .root.Release.Namespace) -}}
{{- else if not $nats.urlSecret.name }}
{{- $_ := set $set "PARLEY_NATS_URL" $nats.url -}}
{{- end }}
{{- if not .root.Values.trial.enabled }}
{{- if $nats.credentialsSecret.name }}{{ $_ := set $set "PARLEY_NATS_CREDENTIALS_FILE" "/nats/credentials/user.creds" }}{{ end -}}
{{- if $nats.caSecret.name }}{{ $_ := set $set "PARLEY_NATS_CA_FILE" "/nats/ca/ca.crt" }}{{ end -}}
{{- if $nats.clientCertificateSecret.name }}
{{- $_ := set $set "PARLEY_NATS_CERT_FILE" "/nats/client/tls.crt" -}}
{{- $_ := set $set "PARLEY_NATS_KEY_FILE" "/nats/client/tls.key" -}}
{{- end }}
{{- end }}
{{- end -}}

{{/* Names of the variables whose values are keys of the Secret: dict "root" $ "stage" "edge" "values" … */}}
{{- define "parley.secretNames" -}}
{{- $own := dict "edge" (list "TWILIO_ACCOUNT_SID" "TWILIO_AUTH_TOKEN") "stt" (list "DEEPGRAM_API_KEY") "brain" (list "OPENAI_API_KEY") "tts" (list "ELEVENLABS_API_KEY") "recorder" (list) -}}
{{- $names := ternary (list) (index $own .stage) .root.Values.trial.sandbox -}}
{{- if and (eq .stage "edge") .root.Values.ingress.publishCalls }}{{ $names = append $names "PARLEY_API_KEY" }}{{ end -}}
{{- if and (has .stage (list "brain" "recorder")) (not .root.Values.trial.enabled) }}{{ $names = append $names "PARLEY_POSTGRES_URL" }}{{ end -}}
{{- concat $names .values.secretKeys | uniq | toJson -}}
{{- end -}}

{{- define "parley.secretEnv" -}}
{{- $values := .root.Values -}}
{{- range include "parley.secretNames" . | fromJsonArray }}
- name: {{ . }}
  valueFrom: { secretKeyRef: { name: {{ $values.secrets.existingSecret }}, key: {{ . }} } }
{{- end }}
{{- if and $values.nats.urlSecret.name (not $values.trial.enabled) }}
- name: PARLEY_NATS_URL
  valueFrom: { secretKeyRef: { name: {{ $values.nats.urlSecret.name }}, key: {{ $values.nats.urlSecret.key }} } }
{{- end }}
{{- if and $values.trial.enabled (has .stage (list "brain" "recorder")) }}
- name: PARLEY_POSTGRES_URL
  valueFrom: { secretKeyRef: { name: {{ include "parley.fullname" .root }}-trial-postgres, key: url } }
{{- end }}
{{- end -}}

{{- define "parley.volumeMounts" -}}
- { name: tmp, mountPath: /tmp }
{{- if include "parley.agentsConfigMap" .root }}
- { name: agents, mountPath: /agents, readOnly: true }
{{- end }}
{{- if not .root.Values.trial.enabled }}
{{- if .root.Values.nats.credentialsSecret.name }}
- { name: nats-credentials, mountPath: /nats/credentials, readOnly: true }
{{- end }}
{{- if .root.Values.nats.caSecret.name }}
- { name: nats-ca, mountPath: /nats/ca, readOnly: true }
{{- end }}
{{- if .root.Values.nats.clientCertificateSecret.name }}
- { name: nats-client, mountPath: /nats/client, readOnly: true }
{{- end }}
{{- end }}
{{- if and (eq .stage "recorder") (include "parley.recordingsClaim" .root) }}
- { name: recordings, mountPath: {{ trimPrefix "file://" .root.Values.recordings.url }} }
{{- end }}
{{- with .values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "parley.volumes" -}}
{{- $nats := .root.Values.nats -}}
- { name: tmp, emptyDir: { sizeLimit: 256Mi } }
{{- with include "parley.agentsConfigMap" .root }}
- { name: agents, configMap: { name: {{ . }} } }
{{- end }}
{{- if not .root.Values.trial.enabled }}
{{- with $nats.credentialsSecret }}
{{- if .name }}
- name: nats-credentials
  secret: { secretName: {{ .name }}, items: [{ key: {{ .key }}, path: user.creds }] }
{{- end }}
{{- end }}
{{- with $nats.caSecret }}
{{- if .name }}
- name: nats-ca
  secret: { secretName: {{ .name }}, items: [{ key: {{ .key }}, path: ca.crt }] }
{{- end }}
{{- end }}
{{- with $nats.clientCertificateSecret.name }}
- { name: nats-client, secret: { secretName: {{ . }} } }
{{- end }}
{{- end }}
{{- if eq .stage "recorder" }}
{{- with include "parley.recordingsClaim" .root }}
- { name: recordings, persistentVolumeClaim: { claimName: {{ . }} } }
{{- end }}
{{- end }}
{{- with .values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
