{{- define "parley.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for the StatefulSets: "-trial-postgres" and the 11 characters of a revision fit into a label's 63.
The name of a release may have dots, that of a Service may not. */}}
{{- define "parley.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 37 | trimSuffix "-" -}}
{{- else if contains (include "parley.name" .) .Release.Name -}}
{{- .Release.Name | replace "." "-" | trunc 37 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "parley.name" .) | replace "." "-" | trunc 37 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that select the pods of a component: dict "root" $ "component" "edge". */}}
{{- define "parley.selector" -}}
app.kubernetes.io/name: {{ include "parley.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "parley.labels" -}}
{{ include "parley.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: parley
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Image of a service: dict "root" $ "service" "edge". */}}
{{- define "parley.image" -}}
{{- $image := .root.Values.image -}}
{{- $name := printf "%s-%s" $image.repository .service -}}
{{- if $image.registry }}{{ $name = printf "%s/%s" $image.registry $name }}{{ end -}}
{{- with index $image.digests .service -}}
{{ printf "%s@%s" $name . }}
{{- else -}}
{{ printf "%s:%s" $name ($image.tag | default .root.Chart.AppVersion) }}
{{- end -}}
{{- end -}}

{{/* A stage's values with the defaults below them: dict "root" $ "stage" "edge"; read with fromYaml. */}}
{{- define "parley.stage" -}}
{{- mustMergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (index .root.Values .stage)) | toYaml -}}
{{- end -}}

{{- define "parley.metricsPort" -}}
{{- index (dict "edge" 8085 "stt" 8081 "brain" 8082 "tts" 8083 "recorder" 8084) . -}}
{{- end -}}

{{- define "parley.edgePort" -}}8080{{- end -}}

{{- define "parley.publicUrl" -}}
{{- if .Values.publicUrl -}}
{{ .Values.publicUrl | trimSuffix "/" }}
{{- else if .Values.host -}}
{{ ternary "https" "http" .Values.ingress.tls.enabled }}://{{ .Values.host }}
{{- else if .Values.trial.sandbox -}}
http://{{ include "parley.fullname" . }}-edge.{{ .Release.Namespace }}.svc:{{ include "parley.edgePort" . }}
{{- end -}}
{{- end -}}

{{/* Whether each edge has an address of its own. */}}
{{- define "parley.direct" -}}
{{- if and (eq .Values.ingress.kind "none") .Values.trial.sandbox -}}
cluster
{{- else if eq .Values.ingress.kind "none" -}}
none
{{- else -}}
{{ .Values.ingress.direct.kind }}
{{- end -}}
{{- end -}}

{{/* Number of edges that may run, each of which needs a Service and a route. */}}
{{- define "parley.edgeCount" -}}
{{- $scaled := and (ne .Values.autoscaling.kind "none") .Values.edge.autoscaling.enabled -}}
{{- ternary .Values.edge.autoscaling.maxReplicas .Values.edge.replicas $scaled -}}
{{- end -}}

{{/* Seconds between the removal from the endpoints and SIGTERM, in which the edge still accepts requests. */}}
{{- define "parley.preStopSeconds" -}}5{{- end -}}

{{/* The edge waits for its calls for the drain time, then moves the others for 10 s; 15 s to close connections. */}}
{{- define "parley.gracePeriod" -}}
{{- $moving := ternary 10 0 (eq .stage "edge") -}}
{{- $before := ternary (include "parley.preStopSeconds" . | int) 0 (eq .stage "edge") -}}
{{- add (ceil .root.Values.drainTimeoutSeconds) $moving $before 15 -}}
{{- end -}}

{{- define "parley.podSecurity" -}}
runAsNonRoot: true
seccompProfile: { type: RuntimeDefault }
{{- with .Values.podSecurityContext }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "parley.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "parley.agentsConfigMap" -}}
{{- if .Values.agents.existingConfigMap -}}
{{ .Values.agents.existingConfigMap }}
{{- else if .Values.agents.files -}}
{{ include "parley.fullname" . }}-agents
{{- end -}}
{{- end -}}

{{- define "parley.recordingsClaim" -}}
{{- if hasPrefix "file://" .Values.recordings.url -}}
{{ .Values.recordings.volume.existingClaim | default (printf "%s-recordings" (include "parley.fullname" .)) }}
{{- end -}}
{{- end -}}

{{- define "parley.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies:
    - { type: Percent, value: 100, periodSeconds: 15 }
    - { type: Pods, value: 2, periodSeconds: 15 }
scaleDown:
  stabilizationWindowSeconds: {{ .stabilizationSeconds }}
  policies:
    - { type: Pods, value: 1, periodSeconds: {{ .periodSeconds }} }
{{- end -}}

{{- define "parley.natsMonitoring" -}}
{{- if .Values.trial.enabled -}}
{{ include "parley.fullname" . }}-trial-nats.{{ .Release.Namespace }}.svc:8222
{{- else -}}
{{ .Values.nats.monitoringEndpoint }}
{{- end -}}
{{- end -}}

{{/* The port of an address, or that of its scheme. */}}
{{- define "parley.urlPort" -}}
{{- $url := urlParse . -}}
{{- /* An IPv6 address has colons of its own. */}}
{{- with regexFind ":[0-9]+$" (regexReplaceAll "\\[.*\\]" $url.host "") }}{{ trimPrefix ":" . }}{{ else }}{{ ternary 443 80 (eq $url.scheme "https") }}{{ end -}}
{{- end -}}

{{/* The hooks of the migration Job; empty for none.

A trial's Postgres does not exist before the installation, and neither does a Secret that the External Secrets Operator
writes: the first recorder then creates the tables. */}}
{{- define "parley.migrationHooks" -}}
{{- if and .Values.migrations.enabled (not .Values.trial.enabled) -}}
{{ ternary "pre-upgrade" "pre-install,pre-upgrade" .Values.secrets.externalSecret.enabled }}
{{- end -}}
{{- end -}}
